/** Keeps the meaning of `import.meta` in modules that become parts of one bundle. */
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { Plugin } from "rolldown"
import { type Edit, edited, isLanguage, parse, walk } from "./edit-source.ts"

/** `import.meta.url`, `.filename` and `.dirname` become what they were in the module's own file. */
export const keepImportMeta: Plugin = {
  name: "probeline:import-meta",
  transform(code, id, { moduleType }) {
    if (!code.includes("import.meta") || !isLanguage(moduleType) || !path.isAbsolute(id)) return null
    const values = { url: pathToFileURL(id).href, filename: id, dirname: path.dirname(id) }
    const edits: Array<Edit> = []
    walk(parse(code, moduleType), (node) => {
      if (node.type !== "MemberExpression" || node["computed"] === true) return true
      const { object, property } = node as unknown as { object: { type: string }; property: { name: string } }
      if (object.type !== "MetaProperty" || !Object.hasOwn(values, property.name)) return true
      edits.push({
        start: node.start,
        end: node.end,
        text: JSON.stringify(values[property.name as keyof typeof values])
      })
      return false
    })
    return edits.length === 0 ? null : { code: edited(code, edits), map: null }
  }
}
