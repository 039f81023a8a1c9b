/**
 * Partial downloads: kept where a download breaks off, and gone on with by the next.
 *
 * Each download writes to a file of its own (host, process, number), so that two never write to one. What a dead
 * process has left is taken over by renaming, which one of two that try succeeds in. `<etag>.incomplete` is where
 * huggingface_hub has had its partials: ours go there when they are given up, and it is copied, not moved, since another
 * program may be at it.
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
  /** of the common partial, when it was copied */
  readonly #copied: number
  private constructor(file: string, common: string, copied: number) {
    this.file = file
    this.#common = common
    this.#copied = copied
  }

  /** A file to write to, with what is there already of this content. */
  static async claim(blobs: string, etag: string): Promise<Partial> {
    const file = path.join(blobs, `${etag}.${host}.${process.pid}.${number++}${ending}`)
    const common = path.join(blobs, etag + ending)
    for (const name of await fs.readdir(blobs))
      if (isLeftBehind(name, etag) && (await isFile(path.join(blobs, name))))
        if (await succeeds(fs.rename(path.join(blobs, name), file))) return new Partial(file, common, 0)
    const copied = (await isFile(common)) && (await succeeds(fs.copyFile(common, file)))
    return new Partial(file, common, copied ? (await fs.stat(file)).size : 0)
  }

  /** In bytes; 0 where there is no file yet. */
  async size(): Promise<number> {
    return (await fs.stat(this.file).catch(() => null))?.size ?? 0
  }

  /** Whole and checked: it becomes the content. */
  async finish(blob: string): Promise<void> {
    await fs.rename(this.file, blob)
    if (this.#copied === 0) return
    const now = await fs.stat(this.#common).catch(() => null)
    if (now?.size === this.#copied) await fs.rm(this.#common, { force: true })
  }

  /** Broken off: others may go on with it. */
  async giveUp(): Promise<void> {
    if ((await this.size()) > 0) await succeeds(fs.rename(this.file, this.#common))
    else await fs.rm(this.file, { force: true })
  }

  /** Of no use: what was copied would be of none either. */
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
/** Not of a link: what is written to would be what it points at. */
const isFile = async (file: string): Promise<boolean> =>
  (await fs.lstat(file).catch(() => null))?.isFile() ?? false
const succeeds = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false
  )
