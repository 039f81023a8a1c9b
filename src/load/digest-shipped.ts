/** Computes the code digests of shipped stages from their source, during the build of Probeline. */
import * as fs from "node:fs"
import * as path from "node:path"
import { digestExport, type DigestOptions } from "./digest-code.ts"
import { type SyntaxNode, parse } from "./bundle/edit-source.ts"
import { sorted } from "./bundle/hash.ts"
import type { CodeParts, ShippedCodes } from "./bundle/stage-code.ts"

/** Files for declaring stages, which are not part of a stage's code. Random numbers and elementary functions are. */
const declaring = /^src[\\/](pipeline|support)[\\/](?!random\.ts$|elementary[\\/])/

/**
 * @param root the checkout
 * @param exports the namespace of `stages/index.ts`, to tell stages from the rest
 */
export async function digestShipped(
  root: string,
  exports: Readonly<Record<string, unknown>>
): Promise<ShippedCodes> {
  const options: DigestOptions = {
    folder: root,
    isProbeline: (specifier) => /(^|\/)src\/index\.ts$/.test(specifier),
    outside: (file) => (declaring.test(path.relative(root, file)) ? "probeline" : null)
  }
  const index = path.join(root, "stages", "index.ts")
  const declaredIn = reExports(index)
  const code = async (name: string): Promise<readonly [string, CodeParts]> => [
    name,
    await digestExport(declaredIn.get(name) ?? index, name, options)
  ]
  const isStage = (name: string) =>
    typeof exports[name] === "function" && "stage" in (exports[name] as object)
  const codes = await Promise.all(Object.keys(exports).map(code))
  return {
    stages: sorted(Object.fromEntries(codes.filter(([name]) => isStage(name)))),
    helpers: sorted(
      Object.fromEntries(codes.filter(([name]) => !isStage(name)).map(([name, { digest }]) => [name, digest]))
    )
  }
}

/** The file of each `export { name } from "./file.ts"`: digesting it directly makes the digest independent of other stages. */
function reExports(index: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const statement of parse(fs.readFileSync(index, "utf8"), "ts")["body"] as ReadonlyArray<SyntaxNode>) {
    const source = statement["source"] as SyntaxNode | null | undefined
    if (statement.type !== "ExportNamedDeclaration" || source == null) continue
    for (const { local, exported } of statement["specifiers"] as ReadonlyArray<Record<string, SyntaxNode>>)
      if (local!["name"] === exported!["name"])
        files.set(String(exported!["name"]), path.resolve(path.dirname(index), String(source["value"])))
  }
  return files
}
