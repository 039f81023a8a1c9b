/**
 * The Hugging Face cache, as every tool lays it out: contents under `blobs`, by their etag; a folder of links a
 * commit under `snapshots`; the commits of branches and tags under `refs`; what a commit is known not to have under
 * `.no_exist`.
 *
 * Nothing here makes a request, nor loads the hub's client: the code of stages, whose digest is in keys, comes by here.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { candidates, type HubModel, isCommit, modelName } from "./reference.ts"
import { cacheFolder, HubError, isOffline } from "./settings.ts"

/** The files that are wanted beside a model: of each group the first that is there, in its folder or those above. */
export const configFiles: ReadonlyArray<ReadonlyArray<string>> = [
  ["preprocessor_config.json", "processor_config.json"],
  ["config.json"]
]

/** The paths of one repository in the cache. */
export class CachedRepo {
  readonly folder: string
  constructor(repo: string, cache: string = cacheFolder()) {
    // as `getRepoFolderName` of the client, which planning does not load
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
  /** The empty file that marks one which the commit doesn't have. */
  absence(commit: string, file: string): string {
    return path.join(this.folder, ".no_exist", commit, ...file.split("/"))
  }
  /** Is a file of a commit here; or is there none; or is that not known without a request? */
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
  /** what would have to be downloaded, or asked for, first */
  | { readonly model: null; readonly lacks: string }

/**
 * A model in the cache. A branch or tag is at the commit that the cache knows for it: it moves only when it is
 * fetched anew. When offline, what is not known to be there counts as absent.
 *
 * @param readText gives a file's text, or null where there is none
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

/** Why a model cannot be had where `HF_HUB_OFFLINE` forbids any request. */
export function missingOffline(hub: HubModel): HubError {
  const { repo, revision, file } = hub
  const cached = new CachedRepo(repo)
  const commits = listed(path.join(cached.folder, "snapshots")).filter(isCommit)
  const commit = isCommit(revision) ? revision : textIn(cached.ref(revision))
  if (!isCommit(commit) && commits.length > 0)
    return new HubError(
      `${cached.folder} has commits of ${repo}, but does not say which of them "${revision}" is, and HF_HUB_OFFLINE forbids asking`,
      `name one as the revision: ${commits.join(", ")}; or unset HF_HUB_OFFLINE for one run`
    )
  const broken = (file === null ? candidates : [file])
    .map((one) => cached.snapshot(commit, one))
    .find((at) => !existsSync(at) && lstatSync(at, { throwIfNoEntry: false }) !== undefined)
  if (isCommit(commit) && broken !== undefined)
    return new HubError(
      `${broken} is a link to a file that is not there, and HF_HUB_OFFLINE forbids downloading it`,
      "copy the cache with its blobs folder, or unset HF_HUB_OFFLINE for one run"
    )
  return new HubError(
    `${modelName(hub)} is not in the cache (${cached.folder}), and HF_HUB_OFFLINE forbids downloading it`,
    "unset HF_HUB_OFFLINE for one run, or copy the cache from where it is"
  )
}

const listed = (folder: string): ReadonlyArray<string> => (existsSync(folder) ? readdirSync(folder) : [])
const textIn = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8").trim() : "")

/** The folders of a repository that may have a file's configuration: its own first, the top (`""`) last. */
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
