/**
 * Loads a pipeline file: any TypeScript file, anywhere, with a pipeline as its default export.
 *
 * The file is bundled with its local modules, and the bundle is cached and imported. A cache hit loads neither rolldown
 * nor any source file.
 */
import { own as ownOf } from "../support/own.ts"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { AnyPipeline } from "../pipeline/pipeline.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import { bundleFile } from "./bundle-cache.ts"
import { type ExportedStage, exportedStages } from "./bundle/exported-stages.ts"
import { loadBundle, type LoadedBundle } from "./loaded-bundle.ts"
import { type OwnPackage, ownPackage } from "./bundle/own-package.ts"
import { enclosedState, existingFile, foreignState, hiddenStage, pipelineIn } from "./pipeline-file.ts"
import {
  type CodeParts,
  packagedCode,
  type StageCode,
  versionedCode,
  readShippedCodes,
  type ShippedCodes
} from "./bundle/stage-code.ts"

export interface LoadOptions {
  /** the folder of cached bundles; created if needed, and safe to delete at any time */
  readonly cacheFolder: string
  /** the Probeline that the file is bound to; default: the running one */
  readonly own?: OwnPackage
}

export interface LoadedPipeline {
  readonly pipeline: AnyPipeline
  /** the pipeline file, absolute */
  readonly file: string
  /** its folder, the base of relative paths in the file */
  readonly folder: string
  /** all files that the bundle depends on, absolute */
  readonly inputs: ReadonlyArray<string>
  /** whether the bundle was in the cache */
  readonly cached: boolean
  /** A stage's code; null if it is neither exported nor versioned. Accepts a result of `defineStage`, or its `.stage`. */
  stageOf(stage: AnyStage | { readonly stage: AnyStage }): StageCode | null
  /** A stage's code. @throws LoadError (`PipelineInvalid`) if it is neither exported nor versioned, or reads foreign state */
  codeOf(stage: AnyStage | { readonly stage: AnyStage }): StageCode
  /** The address by which a worker finds a stage; null if it is not exported. */
  placeOf(stage: AnyStage | { readonly stage: AnyStage }): StageAddress | null
}

/** @throws LoadError if the file is missing, does not compile, does not run, or is not a pipeline */
export async function loadPipeline(given: string, options: LoadOptions): Promise<LoadedPipeline> {
  const own = options.own ?? ownPackage()
  const cacheFolder = path.resolve(options.cacheFolder)
  const file = existingFile(given)
  const { entry, exports, cached } = await loadBundle(file, own, cacheFolder)
  const pipeline = pipelineIn(file, ownOf(exports.modules, path.basename(file)) ?? {})
  const bundlePath = bundleFile(cacheFolder, entry.bundle)
  const stages = exportedStages(exports)
  let shippedCodes: ShippedCodes | undefined
  const shipped = () => (shippedCodes ??= readShippedCodes(own.stageCodes))
  const bare = (stage: AnyStage | { readonly stage: AnyStage }) => ("stage" in stage ? stage.stage : stage)

  const stageOf: LoadedPipeline["stageOf"] = (given) => {
    const stage = bare(given)
    const found = stages.get(stage)
    const version = stage.spec.version
    if (found === undefined)
      return version === undefined
        ? null
        : { module: null, export: null, shipped: false, ...versionedCode(version) }
    const module =
      found.from === "package" ? entry.packages[found.key!]!.specifier : (found.key ?? "probeline/stages")
    const address = { module, export: found.export, shipped: found.from === "shipped" }
    return { ...address, ...partsOf(found, entry, shipped) }
  }
  return {
    pipeline,
    file,
    folder: path.dirname(file),
    inputs: entry.inputs.filter(({ stamp }) => stamp !== null).map(({ path }) => path),
    cached,
    stageOf,
    codeOf: (given) => {
      const stage = bare(given)
      const code = stageOf(stage)
      if (code === null) throw hiddenStage(stage, file)
      checkState(stage, stages.get(stage), entry, file)
      return code
    },
    placeOf: (stage) => {
      const found = stages.get(bare(stage))
      if (found === undefined) return null
      if (found.from === "module")
        return { url: pathToFileURL(bundlePath).href, module: found.key, export: found.export }
      return { url: found.key ?? own.stages, module: null, export: found.export }
    }
  }
}

function partsOf(found: ExportedStage, entry: LoadedBundle["entry"], shipped: () => ShippedCodes): CodeParts {
  const { from, key, export: name, stage } = found
  if (stage.spec.version !== undefined) return versionedCode(stage.spec.version)
  if (from === "package") {
    const { name: of, version, file } = entry.packages[key!]!
    return packagedCode(of, version, name, file)
  }
  const parts =
    from === "shipped" ? ownOf(shipped().stages, name) : ownOf(ownOf(entry.codes, key!) ?? {}, name)
  if (parts === undefined)
    throw new Error(
      `no code of stage "${stage.name}" (${name} of ${key ?? "probeline/stages"}): rebuild Probeline`
    )
  return parts
}

/** @throws LoadError if a stage reads state that other code sets */
function checkState(
  stage: AnyStage,
  found: ExportedStage | undefined,
  { foreign, enclosed }: LoadedBundle["entry"],
  file: string
): void {
  if (found === undefined) {
    const around = enclosed.find(([name]) => name === stage.name) ?? enclosed.find(([name]) => name === "*")
    if (around !== undefined) throw enclosedState(stage, file, around[1])
  } else if (found.from === "module") {
    const set = foreign.find(([module, name]) => module === found.key && name === found.export)
    if (set !== undefined) throw foreignState(stage, file, set[2])
  }
}
