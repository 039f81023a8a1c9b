/** Translates errors thrown while importing a pipeline file, with their place in the user's source. */
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { didYouMean } from "../support/problem.ts"
import { sourcePlace } from "../support/source-place.ts"
import type { Bundle } from "./bundle/bundle.ts"
import { LoadError, type SourceLocation, wholeFile } from "./bundle/load-error.ts"

/** @param inputs absolute paths of the bundle's source files */
export async function fromImport(
  error: unknown,
  pipeline: string,
  packages: Bundle["packages"],
  inputs: ReadonlyArray<string>
): Promise<LoadError> {
  const missing =
    error instanceof SyntaxError
      ? /requested module '(.+)' does not provide an export named '(.+)'/.exec(error.message)
      : null
  if (missing !== null) return missingExport(missing[1]!, missing[2]!, pipeline, packages, inputs, error)
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const place = sourcePlace(error) ?? wholeFile(pipeline)
  return new LoadError("PipelineNotLoaded", `the file throws while loading: ${message}`, place, null, error)
}

async function missingExport(
  url: string,
  name: string,
  pipeline: string,
  packages: Bundle["packages"],
  inputs: ReadonlyArray<string>,
  error: unknown
): Promise<LoadError> {
  const specifier =
    packages[url]?.specifier ?? (url.endsWith("/stages.js") ? "probeline/stages" : "probeline")
  const exported =
    url.startsWith("file:") && fs.existsSync(fileURLToPath(url))
      ? Object.keys((await import(url)) as object)
      : []
  const place = inputs.map((file) => placeOfName(file, specifier, name)).find((found) => found !== null)
  return new LoadError(
    "PipelineNotLoaded",
    `"${specifier}" has no export "${name}"`,
    place ?? wholeFile(pipeline),
    didYouMean(name, exported) ?? 'import types with "import type"',
    error
  )
}

/** The place where a file imports a name from a module. */
function placeOfName(file: string, specifier: string, name: string): SourceLocation | null {
  if (!/\.[cm]?[jt]sx?$/.test(file) || !fs.existsSync(file)) return null
  const source = fs.readFileSync(file, "utf8")
  for (const { 0: statement, index } of source.matchAll(
    /\b(?:import|export)\s[^;"']*?\bfrom\s*["']([^"']+)["']/g
  )) {
    const at = statement.search(new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`))
    if (at < 0 || !/["']/.test(statement) || !statement.slice(0, -1).endsWith(specifier)) continue
    const before = source.slice(0, index + at).split("\n")
    return { file, line: before.length, column: before.at(-1)!.length + 1 }
  }
  return null
}
