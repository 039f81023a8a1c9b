/** Imports a pipeline file's bundle, cached or newly built, with the codes of its stages. */
import * as path from "node:path"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import type { BundleExports } from "./bundle/bundle.ts"
import { bundleFile, type CachedBundle, readCached, writeBundle, writeEntry } from "./bundle-cache.ts"
import { exportedStages } from "./bundle/exported-stages.ts"
import { Inputs, isFresh } from "./bundle/inputs.ts"
import type { OwnPackage } from "./bundle/own-package.ts"
import { nativeFile } from "./bundle/resolutions.ts"
import { fromImport } from "./run-errors.ts"
import { type CodeParts, readShippedCodes } from "./bundle/stage-code.ts"

export interface LoadedBundle {
  readonly entry: Omit<CachedBundle, "format">
  readonly exports: BundleExports
  readonly cached: boolean
}

/** @throws LoadError if the file does not compile or does not run */
export async function loadBundle(file: string, own: OwnPackage, cacheFolder: string): Promise<LoadedBundle> {
  const cached = readCached(cacheFolder, file, own.probeline)
  if (cached !== null) return { entry: cached, exports: await importEntry(cached, cacheFolder), cached: true }
  const made = await makeBundle(file, own, cacheFolder)
  // if a file was saved meanwhile, the bundle may have its old text and the digests its new text
  const isWhole = made.entry.inputs.every(isFresh)
  return { ...(isWhole ? made : await makeBundle(file, own, cacheFolder)), cached: false }
}

async function makeBundle(
  file: string,
  own: OwnPackage,
  cacheFolder: string
): Promise<Omit<LoadedBundle, "cached">> {
  const [{ bundlePipeline }, { digestExport }, { findState }] = await Promise.all([
    import("./bundle/bundle.ts"),
    import("./digest-code.ts"),
    import("./state/foreign-state.ts")
  ])
  const folder = path.dirname(file)
  const inputs = new Inputs()
  for (const at of [own.packageJson, own.stageCodes, bundler()]) inputs.add(at)
  const made = await bundlePipeline(file, own, inputs)
  const { sha, file: at } = writeBundle(cacheFolder, made)
  const list = inputs.list()
  const exports = await importBundle(
    at,
    file,
    made.packages,
    list.map(({ path }) => path)
  )
  const local = [...exportedStages(exports).values()].filter(({ from }) => from === "module")
  const state = findState(made, folder, (module) => made.imports.get(module) ?? [])
  const foreign = local
    .map(({ key, export: name }) => [key!, name, state.foreignTo(key!, name)] as const)
    .filter(([, , found]) => found.length > 0)
  const helpers = exports.shipped === null ? {} : readShippedCodes(own.stageCodes).helpers
  const digested = await Promise.all(
    local
      .filter(({ stage }) => stage.spec.version === undefined)
      .map(async ({ key, export: name }) => ({
        key: key!,
        name,
        parts: await digestExport(path.resolve(folder, key!), name, { folder, helpers })
      }))
  )
  const byModule = new Map<string, Array<[name: string, parts: CodeParts]>>()
  for (const { key, name, parts } of digested)
    byModule.set(key, [...(byModule.get(key) ?? []), [name, parts]])
  const codes = Object.fromEntries([...byModule].map(([key, of]) => [key, Object.fromEntries(of)]))
  const entry = {
    pipeline: file,
    own: own.probeline,
    inputs: list,
    surroundings: inputs.surroundings(nativeFile()),
    bundle: sha,
    packages: made.packages,
    codes,
    foreign,
    enclosed: [...state.enclosed]
  }
  writeEntry(cacheFolder, entry)
  return { entry, exports }
}

async function importEntry(entry: CachedBundle, cacheFolder: string): Promise<BundleExports> {
  const inputs = entry.inputs.map(({ path }) => path)
  return importBundle(bundleFile(cacheFolder, entry.bundle), entry.pipeline, entry.packages, inputs)
}

async function importBundle(
  bundle: string,
  file: string,
  packages: CachedBundle["packages"],
  inputs: ReadonlyArray<string>
): Promise<BundleExports> {
  try {
    return (await import(pathToFileURL(bundle).href)) as BundleExports
  } catch (error) {
    throw await fromImport(error, file, packages, inputs)
  }
}

/** An input, since another rolldown makes other bundles. Finding its package.json does not load it. */
const bundler = () => createRequire(import.meta.url).resolve("rolldown/package.json")
