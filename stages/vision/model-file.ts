/** Locates an encoder's ONNX file: at a path, or in a hub's cache. */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { EncoderError } from "./encoder-error.ts"
import type { EncoderReader } from "./encoder-reader.ts"
import { Problem } from "../../src/support/problem.ts"
import { configFolders, findInCache, missingOffline } from "../hub/cache.ts"
import { type HubModel, modelName } from "../hub/reference.ts"
import { isOffline } from "../hub/settings.ts"

export interface ModelFile {
  /** absolute */
  readonly path: string
  /** folders that may contain its configuration, nearest first; absolute */
  readonly configFolders: ReadonlyArray<string>
  readonly hub: HubModel | null
  /** `Xenova/clip-vit-base-patch16@…: onnx/vision_model.onnx`; null for a path */
  readonly origin: string | null
}

/** Exports for transformers.js put models in a folder `onnx`, and the configuration in its parent. */
export const modelAtPath = (at: string): ModelFile => {
  const folder = path.dirname(at)
  const above = path.basename(folder) === "onnx" ? [path.dirname(folder)] : []
  return { path: at, configFolders: [folder, ...above], hub: null, origin: null }
}

/** Finds the model in the cache, or fetches it where the reader is allowed to. */
export async function modelOfHub(hub: HubModel, reader: EncoderReader): Promise<ModelFile> {
  let found = await findInCache(hub, reader.textIfPresent)
  if (found.model === null) {
    refuseOffline(hub)
    await reader.fetch({ fetcher: "hub", request: hub, what: found.lacks })
    found = await findInCache(hub, reader.textIfPresent)
  }
  if (found.model === null)
    throw new EncoderError(
      `${found.lacks} is not in the cache`,
      modelName(hub),
      "another program may be cleaning the cache"
    )
  const { commit, file, folder, path: at } = found.model
  return {
    path: at,
    configFolders: configFolders(file).map((place) => path.join(folder, place)),
    hub,
    origin: modelName({ repo: hub.repo, revision: commit, file })
  }
}

/** Fetches the weights if a hub's model was cached without them. */
export async function fetchWeights(
  { hub, origin }: ModelFile,
  files: ReadonlyArray<string>,
  reader: EncoderReader
): Promise<void> {
  const missing = files.find((file) => !existsSync(file))
  if (hub === null || missing === undefined) return
  refuseOffline(
    hub,
    `${origin}: its weights ${missing} are not in the cache, and HF_HUB_OFFLINE forbids downloading them`
  )
  await reader.fetch({ fetcher: "hub", request: hub, what: `${origin} (its ${path.basename(missing)})` })
}

/** Reports what no run can fetch when it is planned, like a missing file. */
function refuseOffline(hub: HubModel, problem?: string): void {
  if (!isOffline()) return
  const { message, hint } = missingOffline(hub)
  throw new Problem("FetchFailed", problem ?? message, { hint })
}
