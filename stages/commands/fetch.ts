/** `encoders fetch`: downloads a model from a Hugging Face hub into the cache before a run needs it. */
import { readFile } from "node:fs/promises"
import type { Answer, StageCommandContext } from "../../src/index.ts"
import { Problem, usage } from "../../src/support/problem.ts"
import { findInCache } from "../hub/cache.ts"
import type { FetchedModel } from "../hub/fetch-model.ts"
import { checkHubModel, type HubModel } from "../hub/reference.ts"
import { HubError } from "../hub/settings.ts"

export interface FetchArgs {
  readonly repo: string
  readonly revision: string | null
  readonly file: string | null
  readonly refresh: boolean
}

/** @throws {Problem} Usage: an invalid name; FetchFailed: the hub lacks it or is unreachable */
export async function fetchCommand(
  { repo, revision, file, refresh }: FetchArgs,
  context: StageCommandContext
): Promise<Answer> {
  const fetched = await cachedOrFetched({ repo, revision: revision ?? "main", file }, refresh, context)
  const { downloaded, commit } = fetched
  return {
    json: fetched,
    text: ({ paint }) =>
      [
        `${paint("bold", `${fetched.repo}@${commit.slice(0, 12)}`)}  ${fetched.file}`,
        `  ${fetched.path}`,
        `  ${downloaded === 0 ? "already in the cache" : `downloaded ${(downloaded / 1e6).toFixed(1)} MB`}`
      ].join("\n")
  }
}

/** A model that is completely cached needs no request, so this works offline. */
async function cachedOrFetched(
  model: HubModel,
  refresh: boolean,
  { signal, log }: StageCommandContext
): Promise<FetchedModel> {
  try {
    checkHubModel(model)
    const found = refresh ? null : (await findInCache(model, readText)).model
    if (found !== null)
      return { repo: model.repo, commit: found.commit, file: found.file, path: found.path, downloaded: 0 }
    const { fetchModel } = await import("../hub/fetch-model.ts")
    return await fetchModel(model, { signal, log, refresh })
  } catch (error) {
    if (error instanceof RangeError)
      throw usage(error.message, "repo", "Xenova/clip-vit-base-patch16, for example")
    if (error instanceof HubError)
      throw new Problem("FetchFailed", error.message, { hint: error.hint, cause: error })
    throw error
  }
}

const readText = (file: string): Promise<string | null> => readFile(file, "utf8").catch(() => null)
