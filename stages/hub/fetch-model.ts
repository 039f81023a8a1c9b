/**
 * Downloads a model into the Hugging Face cache: the ONNX file, its external weights, and its preprocessing
 * configuration. Requests only what the cache lacks.
 *
 * This is not part of any stage: files enter keys by sha256, so how they were fetched does not matter.
 */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { fileAccess } from "../onnx/access.ts"
import { readModel } from "../onnx/reader.ts"
import { CachedRepo, configFiles, configPlaces, missingOffline } from "./cache.ts"
import { download, progressLines } from "./download.ts"
import { candidates, checkHubModel, type HubModel, isCommit } from "./reference.ts"
import { HubRequests } from "./requests.ts"
import { HubError, isOffline } from "./settings.ts"

export interface FetchOptions {
  /** aborts the download; partial files are kept for the next */
  readonly signal: AbortSignal
  /** receives a line per step */
  readonly log: (message: string) => void
  /** look up the current commit of the branch or tag even if the cache has one */
  readonly refresh?: boolean
}
export interface FetchedModel {
  readonly repo: string
  readonly commit: string
  /** in the repository */
  readonly file: string
  /** absolute, in the cache */
  readonly path: string
  /** bytes that were downloaded */
  readonly downloaded: number
}

/** Nodes planned at the same time may want the same model: it is downloaded once. */
const underWay = new Map<string, Promise<FetchedModel>>()

/**
 * @throws {HubError} the hub is unreachable or refuses; the repository, revision or file does not exist; the download is
 *   corrupt; or `HF_HUB_OFFLINE` forbids it
 * @throws the signal's reason when aborted
 */
export function fetchModel(model: HubModel, options: FetchOptions): Promise<FetchedModel> {
  const key = JSON.stringify([model.repo, model.revision, model.file, options.refresh ?? false])
  const begun = underWay.get(key)
  if (begun !== undefined) return begun
  const fetched = fetchAll(checkHubModel(model), options).finally(() => underWay.delete(key))
  underWay.set(key, fetched)
  return fetched
}

async function fetchAll(model: HubModel, { signal, log, refresh }: FetchOptions): Promise<FetchedModel> {
  if (isOffline()) throw missingOffline(model)
  const repo = new CachedRepo(model.repo)
  const requests = new HubRequests(model.repo, signal)
  const { commit, files } = await requests.commit(
    (!refresh && (await knownCommit(repo, model))) || model.revision
  )
  const transfer = new Transfer({ repo, requests, commit, files, signal, log, name: model.repo })
  const file = await transfer.firstOf(model.file === null ? candidates : [model.file])
  if (file === null) throw noSuchFile(model, files, requests.endpoint)
  const at = repo.snapshot(commit, file)
  for (const beside of externalFiles(at)) {
    const location = path.posix.join(path.posix.dirname(file), beside)
    if ((await transfer.firstOf([location])) === null)
      throw new HubError(
        `${model.repo}: the weights of ${file} should be in ${location}, which is not in the repository`,
        "use another file or revision, or tell the repository's owner"
      )
  }
  for (const names of configFiles) await transfer.firstOf(configPlaces(file, names))
  // last: until everything is in place, the branch keeps its old commit for offline users
  if (!isCommit(model.revision)) await replaceFile(repo.ref(model.revision), commit)
  return { repo: model.repo, commit, file, path: at, downloaded: transfer.downloaded }
}

async function knownCommit(repo: CachedRepo, { revision }: HubModel): Promise<string | null> {
  const text = await fs.readFile(repo.ref(revision), "utf8").catch(() => "")
  return isCommit(text.trim()) ? text.trim() : null
}

/** An invalid model is the stage's to reject, with a better message. */
function externalFiles(model: string): ReadonlyArray<string> {
  const access = fileAccess(model)
  try {
    return readModel(access).externalFiles.map((location) => location.replaceAll("\\", "/"))
  } catch {
    return []
  } finally {
    access.close()
  }
}

interface TransferOptions {
  readonly repo: CachedRepo
  readonly requests: HubRequests
  readonly commit: string
  /** null if the hub does not list files */
  readonly files: ReadonlySet<string> | null
  readonly signal: AbortSignal
  readonly log: (message: string) => void
  readonly name: string
}
/** Downloads the files of one commit. */
class Transfer {
  readonly #given: TransferOptions
  downloaded = 0
  constructor(given: TransferOptions) {
    this.#given = given
  }

  /** Fetches the first of these that the commit has; null if it has none. Records absences in the cache. */
  async firstOf(places: ReadonlyArray<string>): Promise<string | null> {
    for (const file of places) {
      if (await this.#fetch(file)) return file
      await replaceFile(this.#given.repo.absence(this.#given.commit, file), "")
    }
    return null
  }

  async #fetch(file: string): Promise<boolean> {
    const { repo, requests, commit, files, signal, log, name } = this.#given
    if (repo.look(commit, file) === "here") return true
    if (files !== null && !files.has(file)) return false
    const remote = await requests.head(commit, file)
    if (remote === null) return false
    const blob = path.join(repo.blobs, remote.etag)
    await fs.mkdir(repo.blobs, { recursive: true })
    if (!(await isWhole(blob, remote.size))) {
      const progress = progressLines(`${name}: ${file}`, remote.size, log)
      await download(repo.blobs, blob, { requests, commit, file, remote, signal, progress })
      this.downloaded += (await fs.stat(blob)).size
    }
    await link(blob, repo.snapshot(commit, file))
    return true
  }
}

const isWhole = async (blob: string, size: number | null): Promise<boolean> => {
  const found = await fs.stat(blob).catch(() => null)
  return found !== null && (size === null || found.size === size)
}

/** A relative symlink, so that the cache can be moved; a copy where the file system has no symlinks. */
async function link(blob: string, at: string): Promise<void> {
  await fs.mkdir(path.dirname(at), { recursive: true })
  const beside = besideOf(at)
  try {
    await fs.symlink(path.relative(path.dirname(at), blob), beside)
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error
    await fs.copyFile(blob, beside)
  }
  await fs.rename(beside, at)
}

async function replaceFile(file: string, text: string): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true })
  const beside = besideOf(file)
  await fs.writeFile(beside, text)
  await fs.rename(beside, file)
}
let number = 0
const besideOf = (file: string): string => `${file}.${process.pid}-${number++}.tmp`

function noSuchFile({ repo, file, revision }: HubModel, files: ReadonlySet<string> | null, endpoint: string) {
  const models = [...(files ?? [])].filter((name) => name.endsWith(".onnx"))
  const listed = models.length > 12 ? [...models.slice(0, 12), "…"] : models
  return new HubError(
    file === null
      ? `${repo}@${revision} has none of ${candidates.join(", ")}`
      : `${repo}@${revision} has no file ${file}`,
    listed.length > 0
      ? `name one of its models: ${listed.join(", ")}`
      : files === null
        ? `its files: ${endpoint}/${repo}/tree/${revision}`
        : "it has no ONNX file: use an export of it (Xenova and onnx-community publish many), or export it yourself with tools/export_encoder.py"
  )
}
