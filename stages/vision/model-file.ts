/** Where an encoder's ONNX file is: at a path, or in the cache of a hub. */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { EncoderError } from "./encoder-error.ts"
import type { EncoderReader } from "./encoder-reader.ts"
import { configFolders, findInCache } from "../hub/cache.ts"
import { type HubModel, modelName } from "../hub/reference.ts"

export interface ModelFile {
  /** absolute */
  readonly path: string
  /** folders that may have its configuration, the nearest first; absolute */
  readonly configFolders: ReadonlyArray<string>
  readonly hub: HubModel | null
  /** `Xenova/clip-vit-base-patch16@…: onnx/vision_model.onnx`; null for a path */
  readonly origin: string | null
}

/** Exports for transformers.js have their models in a folder `onnx`, and the configuration above it. */
export const modelAtPath = (at: string): ModelFile => {
  const folder = path.dirname(at)
  const above = path.basename(folder) === "onnx" ? [path.dirname(folder)] : []
  return { path: at, configFolders: [folder, ...above], hub: null, origin: null }
}

/** In the cache, or brought there by those who may. */
export async function modelOfHub(hub: HubModel, reader: EncoderReader): Promise<ModelFile> {
  let found = await findInCache(hub, reader.textIfPresent)
  if (found.model === null) {
    await reader.fetch({ fetcher: "hub", request: hub, what: found.lacks })
    found = await findInCache(hub, reader.textIfPresent)
  }
  if (found.model === null)
    throw new EncoderError(
      `${found.lacks} is not in the cache`,
      modelName(hub),
      "is another program cleaning it?"
    )
  const { commit, file, folder, path: at } = found.model
  return {
    path: at,
    configFolders: configFolders(file).map((place) => path.join(folder, place)),
    hub,
    origin: modelName({ repo: hub.repo, revision: commit, file })
  }
}

/** A hub's model may have been cached without its weights: then they are brought too. */
export async function bringWeights(
  { hub, origin }: ModelFile,
  files: ReadonlyArray<string>,
  reader: EncoderReader
): Promise<void> {
  const missing = files.find((file) => !existsSync(file))
  if (hub === null || missing === undefined) return
  await reader.fetch({ fetcher: "hub", request: hub, what: `${origin} (its ${path.basename(missing)})` })
}
