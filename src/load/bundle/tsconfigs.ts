/**
 * Follows a tsconfig.json to the files that it extends and references, which also affect imports.
 *
 * Rolldown reports none of them. This follows every file that a tsconfig can point to, even if it applies to no module:
 * a superfluous input only causes a rebuild. It imports rolldown: load it lazily.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { type SyntaxNode, parse } from "./edit-source.ts"
import type { Inputs } from "./inputs.ts"
import type { Resolve } from "./resolutions.ts"

/** Adds the files that tsconfigs among the inputs point to. @param resolve null if rolldown has no native addon */
export function addConfigs(inputs: Inputs, resolve: Resolve | null): void {
  const seen = new Set<string>()
  const visit = (file: string) => {
    const text = seen.has(file) ? null : textIn(file)
    seen.add(file)
    if (text === null) return
    const { bases, references, maps } = referencesIn(text)
    if (maps) inputs.resolveByFile()
    // relative to the symlink or to its target: rolldown decides
    for (const from of new Set([file, fs.realpathSync(file)])) {
      for (const base of bases) {
        if (/^[./]/.test(base)) look(path.resolve(path.dirname(from), base))
        else {
          const target = resolve?.("extends", from, base) ?? null
          inputs.addImport({ asking: "extends", importer: from, specifier: base, target })
          if (target !== null) look(target)
        }
      }
      for (const reference of references) look(path.resolve(path.dirname(from), reference))
    }
  }
  const look = (at: string) => {
    for (const file of [at, `${at}.json`, path.join(at, "tsconfig.json")]) {
      inputs.addLinked(file)
      visit(file)
    }
  }
  for (const { path: file } of inputs.list()) if (path.basename(file) === "tsconfig.json") visit(file)
}

/** Null if there is no file. */
function textIn(file: string): string | null {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return null
  }
}

const mapping = new Set(["paths", "baseUrl", "rootDirs"])

/** The values of `extends`, the paths of `references`, and whether the config maps specifiers to files. */
function referencesIn(text: string) {
  const root = rootOf(text)
  // a config that does not parse may contain anything
  if (root === null) return { bases: [], references: [], maps: true }
  const fields = fieldsOf(root)
  const all = (name: string) =>
    fields
      .filter((field) => field.name === name)
      .flatMap(({ value }) =>
        value.type === "ArrayExpression" ? (value["elements"] as ReadonlyArray<SyntaxNode>) : [value]
      )
  return {
    bases: all("extends").flatMap(textOf),
    references: all("references").flatMap((reference) =>
      fieldsOf(reference).flatMap(({ name, value }) => (name === "path" ? textOf(value) : []))
    ),
    maps: all("compilerOptions")
      .flatMap(fieldsOf)
      .some(({ name }) => mapping.has(name))
  }
}

/** Parses JSON with comments and trailing commas as a JavaScript expression; null if that fails. */
function rootOf(text: string): SyntaxNode | null {
  try {
    const [statement] = parse(`(${text}\n)`, "js")["body"] as ReadonlyArray<SyntaxNode>
    const expression = statement?.["expression"] as SyntaxNode | undefined
    return expression?.type === "ParenthesizedExpression"
      ? (expression["expression"] as SyntaxNode)
      : (expression ?? null)
  } catch {
    // rolldown reports the error, if the file matters
    return null
  }
}

function fieldsOf(node: SyntaxNode): ReadonlyArray<{ readonly name: string; readonly value: SyntaxNode }> {
  if (node.type !== "ObjectExpression") return []
  return (node["properties"] as ReadonlyArray<SyntaxNode>).flatMap((property) =>
    property.type === "Property"
      ? [{ name: String((property["key"] as SyntaxNode)["value"]), value: property["value"] as SyntaxNode }]
      : []
  )
}

const textOf = (node: SyntaxNode): ReadonlyArray<string> =>
  typeof node["value"] === "string" ? [node["value"]] : []
