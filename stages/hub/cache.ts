/**
 * The Hugging Face cache in its standard layout: contents under `blobs`, named by etag; under `snapshots`, a folder of
 * symlinks per commit; under `refs`, the commits of branches and tags; under `.no_exist`, files that a commit is known
 * to lack.
 *
 * Nothing here makes a request or loads the hub's client: stages use this module, so its code is part of their digests.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { candidates, type HubModel, isCommit, modelName } from "./reference.ts"
import { cacheFolder, HubError, isOffline } from "./settings.ts"

/**
 * Configuration files to fetch with a model: the first that exists in each group, in the model's folder or a parent.
 */
export const configFiles: ReadonlyArray<ReadonlyArray<string>> = [
  ["preprocessor_config.json", "processor_config.json"],
  ["config.json"]
]

/** The paths of one repository in the cache. */
export class CachedRepo {
  readonly folder: string
  constructor(repo: string, cache: string = cacheFolder()) {
    // the client's `getRepoFolderName` does the same, but planning does not load the client
    this.folder = path.join(cache, ["models", ...repo.split("/")].join("--"))
  }
  get blobs(): string {
    return path.join(this.folder, "blobs")
  }
  ref(revision: string): string {
    return path.join(this.folder, "refs", ...revision.split("/"))
  }
  snapshot(commit: string, file = ""): string {
    return path.join(this.folder, "snapshots", commit, ...file.split("/"))
  }
  /** The empty file that marks a file as absent from the commit. */
  absence(commit: string, file: string): string {
    return path.join(this.folder, ".no_exist", commit, ...file.split("/"))
  }
  /** Whether a file of a commit is cached, known to be absent, or unknown without a request. */
  look(commit: string, file: string): "here" | "absent" | "unknown" {
    if (existsSync(this.snapshot(commit, file))) return "here"
    return existsSync(this.absence(commit, file)) ? "absent" : "unknown"
  }
}

export interface CachedModel {
  readonly commit: string
  /** in the repository */
  readonly file: string
  /** absolute */
  readonly path: string
  /** the commit's folder, absolute */
  readonly folder: string
}
export type CacheLookup =
  | { readonly model: CachedModel; readonly lacks: null }
  /** what has to be downloaded or looked up first */
  | { readonly model: null; readonly lacks: string }

/**
 * Finds a model in the cache. A branch or tag resolves to the commit in the cache; it moves only with a refresh.
 * Offline, a file counts as absent unless the cache has it.
 *
 * @param readText gives a file's text, or null if the file does not exist
 */
export async function findInCache(
  hub: HubModel,
  readText: (file: string) => Promise<string | null>
): Promise<CacheLookup> {
  const repo = new CachedRepo(hub.repo)
  const wanted = hub.file ?? "its encoder"
  const commit = isCommit(hub.revision)
    ? hub.revision
    : ((await readText(repo.ref(hub.revision)))?.trim() ?? "")
  if (!isCommit(commit)) return { model: null, lacks: `${hub.repo}@${hub.revision}: ${wanted}` }
  const at = `${hub.repo}@${commit.slice(0, 12)}`
  const offline = isOffline()
  for (const file of hub.file === null ? candidates : [hub.file]) {
    const seen = repo.look(commit, file)
    if (seen === "absent" || (seen === "unknown" && offline && hub.file === null)) continue
    if (seen === "unknown") return { model: null, lacks: `${at}: ${wanted}` }
    const asked = offline
      ? undefined
      : configFiles.find((names) => isUnknown(repo, commit, configPlaces(file, names)))
    if (asked !== undefined) return { model: null, lacks: `${at}: ${asked[0]}` }
    const model = { commit, file, path: repo.snapshot(commit, file), folder: repo.snapshot(commit) }
    return { model, lacks: null }
  }
  return { model: null, lacks: `${at}: ${wanted}` }
}

/** Why a model is unavailable when `HF_HUB_OFFLINE` forbids requests. */
export function missingOffline(hub: HubModel): HubError {
  const { repo, revision, file } = hub
  const cached = new CachedRepo(repo)
  const commits = listed(path.join(cached.folder, "snapshots")).filter(isCommit)
  const commit = isCommit(revision) ? revision : textIn(cached.ref(revision))
  if (!isCommit(commit) && commits.length > 0)
    return new HubError(
      `${cached.folder} has commits of ${repo}, but none is recorded for "${revision}", and HF_HUB_OFFLINE forbids looking it up`,
      `use one of these as the revision: ${commits.join(", ")}; or unset HF_HUB_OFFLINE for one run`
    )
  const broken = (file === null ? candidates : [file])
    .map((one) => cached.snapshot(commit, one))
    .find((at) => !existsSync(at) && lstatSync(at, { throwIfNoEntry: false }) !== undefined)
  if (isCommit(commit) && broken !== undefined)
    return new HubError(
      `${broken} is a dangling symlink, and HF_HUB_OFFLINE forbids downloading its target`,
      "copy the cache including its blobs folder, or unset HF_HUB_OFFLINE for one run"
    )
  return new HubError(
    `${modelName(hub)} is not in the cache (${cached.folder}), and HF_HUB_OFFLINE forbids downloading it`,
    "unset HF_HUB_OFFLINE for one run, or copy the cache from another machine"
  )
}

const listed = (folder: string): ReadonlyArray<string> => (existsSync(folder) ? readdirSync(folder) : [])
const textIn = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8").trim() : "")

/** The folders of a repository that may hold a file's configuration: the file's own first, the root (`""`) last. */
export function configFolders(file: string): ReadonlyArray<string> {
  const folders = file.split("/").slice(0, -1)
  return Array.from({ length: folders.length + 1 }, (_, up) =>
    folders.slice(0, folders.length - up).join("/")
  )
}
export const configPlaces = (file: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  configFolders(file).flatMap((folder) => names.map((name) => (folder === "" ? name : `${folder}/${name}`)))

const isUnknown = (repo: CachedRepo, commit: string, places: ReadonlyArray<string>): boolean => {
  for (const place of places) {
    const seen = repo.look(commit, place)
    if (seen !== "absent") return seen === "unknown"
  }
  return false
}
