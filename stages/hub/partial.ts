/**
 * Partial downloads: kept when a download stops, resumed by the next.
 *
 * Each download writes to its own file (host, process, number), so no two write to the same one. A dead process's
 * file is taken over by renaming it, which only one of several takers can do. `<etag>.incomplete` is
 * huggingface_hub's own name for partial downloads: we move ours there when we give up, and copy from it rather than
 * move it, since another program may be using it.
 */
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"

let number = 0
const host = os.hostname().replace(/[^\w-]/g, "_")
const ending = ".incomplete"

export class Partial {
  readonly file: string
  readonly #common: string
  /** size of the shared partial file when it was copied */
  readonly #copied: number
  private constructor(file: string, common: string, copied: number) {
    this.file = file
    this.#common = common
    this.#copied = copied
  }

  /** A file to write to, starting from any earlier part of this content. */
  static async claim(blobs: string, etag: string): Promise<Partial> {
    const file = path.join(blobs, `${etag}.${host}.${process.pid}.${number++}${ending}`)
    const common = path.join(blobs, etag + ending)
    for (const name of await fs.readdir(blobs))
      if (isLeftBehind(name, etag) && (await isFile(path.join(blobs, name))))
        if (await succeeds(fs.rename(path.join(blobs, name), file))) return new Partial(file, common, 0)
    const copied = (await isFile(common)) && (await succeeds(fs.copyFile(common, file)))
    return new Partial(file, common, copied ? (await fs.stat(file)).size : 0)
  }

  /** In bytes; 0 if there is no file yet. */
  async size(): Promise<number> {
    return (await fs.stat(this.file).catch(() => null))?.size ?? 0
  }

  /** Complete and verified: becomes the content. */
  async finish(blob: string): Promise<void> {
    await fs.rename(this.file, blob)
    if (this.#copied === 0) return
    const now = await fs.stat(this.#common).catch(() => null)
    if (now?.size === this.#copied) await fs.rm(this.#common, { force: true })
  }

  /** Interrupted: left for others to resume. */
  async giveUp(): Promise<void> {
    if ((await this.size()) > 0) await succeeds(fs.rename(this.file, this.#common))
    else await fs.rm(this.file, { force: true })
  }

  /** Corrupt: deleted, and so is the shared partial if this one was copied from it. */
  async discard(): Promise<void> {
    await fs.rm(this.file, { force: true })
    if (this.#copied > 0) await fs.rm(this.#common, { force: true })
  }
}

function isLeftBehind(name: string, etag: string): boolean {
  if (!name.startsWith(`${etag}.${host}.`) || !name.endsWith(ending)) return false
  const pid = Number(name.slice(etag.length + host.length + 2).split(".")[0])
  return Number.isInteger(pid) && pid !== process.pid && !isAlive(pid)
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"
  }
}
/** False for a symlink: writing through it would change its target. */
const isFile = async (file: string): Promise<boolean> =>
  (await fs.lstat(file).catch(() => null))?.isFile() ?? false
const succeeds = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false
  )
