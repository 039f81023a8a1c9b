/** Where an encoder's ONNX file is: at a path, or in the cache of a hub. */
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
    refuseOffline(hub)
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
  refuseOffline(
    hub,
    `${origin}: its weights ${missing} are not in the cache, and HF_HUB_OFFLINE forbids downloading them`
  )
  await reader.fetch({ fetcher: "hub", request: hub, what: `${origin} (its ${path.basename(missing)})` })
}

/** What no run can bring is said when it is planned, as with a file that is missing. */
function refuseOffline(hub: HubModel, problem?: string): void {
  if (!isOffline()) return
  const { message, hint } = missingOffline(hub)
  throw new Problem("FetchFailed", problem ?? message, { hint })
}
