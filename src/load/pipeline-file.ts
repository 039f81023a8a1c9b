/** Checks that need no bundler: does the file exist, and does it export a pipeline? */
import * as fs from "node:fs"
import * as path from "node:path"
import type { AnyPipeline } from "../pipeline/pipeline.ts"
import { didYouMean } from "../support/problem.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { Namespace } from "./bundle/bundle.ts"
import { stageIn } from "./bundle/exported-stages.ts"
import { LoadError, type SourceLocation, wholeFile } from "./bundle/load-error.ts"
import { namesIn, placeOfText } from "./bundle/source-text.ts"
import type { ForeignState } from "./state/foreign-state.ts"

/** The real path of a file, the base of its imports, as in Node. @throws LoadError */
export function existingFile(given: string): string {
  const file = path.resolve(given)
  const stat = statOf(file, given)
  if (stat?.isFile() === true) {
    if (/\.[cm]?[jt]s$/.test(file)) return fs.realpathSync(file)
    throw new LoadError(
      "PipelineNotFound",
      `${given} is not a pipeline file`,
      wholeFile(file),
      "a pipeline file is TypeScript (.ts) or JavaScript (.js)"
    )
  }
  if (stat?.isDirectory() === true) {
    const scripts = namesIn(file).filter((name) => /\.[cm]?[jt]s$/.test(name))
    const hint =
      scripts.length === 0
        ? "it has no .ts or .js file"
        : `choose a file in it: ${scripts.map((name) => path.join(given, name)).join(", ")}`
    throw new LoadError(
      "PipelineNotFound",
      `${given} is a folder, not a pipeline file`,
      wholeFile(file),
      hint
    )
  }
  if (stat !== undefined)
    throw new LoadError(
      "PipelineNotFound",
      `${given} is a device or a pipe`,
      wholeFile(file),
      "choose a file"
    )
  const folder = path.dirname(file)
  const hint = isFolder(folder)
    ? (didYouMean(path.basename(file), namesIn(folder)) ??
      `${folder} has no file with a similar name: is it the right folder?`)
    : `no such folder: ${path.dirname(given)}`
  throw new LoadError("PipelineNotFound", `no such file: ${given}`, wholeFile(file), hint)
}

const isFolder = (at: string) => statOf(at, at)?.isDirectory() === true

/** Undefined if there is nothing. @throws LoadError if stat fails (symlink loop, no permission) */
function statOf(file: string, given: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === "ENOTDIR") return undefined
    throw new LoadError(
      "PipelineNotFound",
      `cannot read ${given}: ${message}`,
      wholeFile(file),
      "check the path and its permissions"
    )
  }
}

const example = 'export default definePipeline("name", { params: {}, graph: () => ({ … }) })'

/** The default export of a pipeline file. @throws LoadError */
export function pipelineIn(file: string, exports: Namespace): AnyPipeline {
  const name = path.basename(file)
  const invalid = (message: string, hint: string) =>
    new LoadError("PipelineInvalid", message, wholeFile(file), hint)
  const value = exports["default"]
  if (value === undefined) {
    const named = Object.keys(exports).find((key) => isPipeline(exports[key]))
    throw invalid(
      `${name} has no default export`,
      named === undefined ? example : `"${named}" is a pipeline: export it as default`
    )
  }
  if (isPipeline(value)) return value
  const { name: called, params, graph } = Object(value) as Partial<AnyPipeline>
  if (typeof called === "string" && typeof graph === "function" && params === undefined)
    throw invalid(`the pipeline "${called}" has no params`, "add params: {}, even without parameters")
  if (stageIn(value) !== null)
    throw invalid(
      `the default export of ${name} is a stage, not a pipeline`,
      `use the stage in a pipeline: ${example}`
    )
  throw invalid(`the default export of ${name} is not a pipeline`, example)
}

const isPipeline = (value: unknown): value is AnyPipeline => {
  if (typeof value !== "object" || value === null) return false
  const { name, params, graph } = value as Partial<AnyPipeline>
  return (
    typeof name === "string" && typeof params === "object" && params !== null && typeof graph === "function"
  )
}

/** The error for a stage without an export, which therefore has no identifiable code. */
export const hiddenStage = (stage: AnyStage, file: string): LoadError =>
  new LoadError(
    "PipelineInvalid",
    `the stage "${stage.name}" is not exported, so its code cannot be identified`,
    placeOfText(file, stage.name),
    `export it (export const … = defineStage…("${stage.name}", …)), or give it version: "1" and raise that when its code changes`
  )

/** The error for a stage that reads state that other code sets: see state/foreign-state.ts. */
export function foreignState(stage: AnyStage, file: string, found: ReadonlyArray<ForeignState>): LoadError {
  const at = ({ file: of, line }: SourceLocation) =>
    `${path.relative(path.dirname(file), of)}${line === null ? "" : `:${line}`}`
  const each = found.map(({ name, declared, changed, called }) => {
    const variable = declared === null ? name : `"${name}" (${at(declared)})`
    return `${variable}, which other code sets at ${at(changed)}${called === null ? "" : `, called at ${at(called)}`}`
  })
  const first = found[0]!
  return new LoadError(
    "PipelineInvalid",
    `the stage "${stage.name}" reads ${each.join("; ")}: that value is not in the stage's key, and a worker process may not see it`,
    first.declared ?? first.changed,
    `make it a parameter of the stage (params: { ${parameterName(first.name)}: param.… }) and pass the value in the graph; or give the stage a variable of its own that no other code sets`
  )
}
const parameterName = (name: string) => name.split(".").at(-1)!.replace(/\W/g, "") || "value"

/** The error for a stage that is declared in a function and uses its variables. */
export function enclosedState(stage: AnyStage, file: string, found: ReadonlyArray<ForeignState>): LoadError {
  const names = found.map(({ name }) => `"${name}"`).join(", ")
  return new LoadError(
    "PipelineInvalid",
    `the stage "${stage.name}" is declared in a function and reads ${names} from the enclosing scope: the value is not in the stage's key`,
    found[0]!.declared ?? wholeFile(file),
    `declare the stage at the top level of a module, with ${names} as parameters of the stage`
  )
}
