/**
 * The file system: the one place that touches node:fs for the store.
 *
 * Calls are synchronous: the store's files are few and small or written in large pieces, and a synchronous call
 * costs a fraction of an asynchronous one. Tests decorate them to count, break or kill at a call.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { makeFolder } from "../../support/make-folder.ts"
import { openRegular, readRegular } from "../../support/regular-file.ts"

export interface Stat {
  readonly kind: "file" | "folder" | "other"
  readonly size: number
  /** nanoseconds since 1970, as text: they do not fit a double */
  readonly mtimeNs: string
  readonly ctimeNs: string
  readonly inode: string
}

/** A file, seen in passing. */
export interface FileStat {
  readonly size: number
  /** exact to a quarter of a microsecond: a double holds no more */
  readonly mtimeMs: number
  readonly inode: number
}

/** A name in a folder, and what it is itself: a link is not followed. */
export interface DirectoryEntry {
  readonly kind: "file" | "folder" | "link" | "other"
  readonly size: number
  readonly mtimeNs: string
  readonly inode: string
  /** names that the file has */
  readonly links: number
  /** of a link: what it says */
  readonly target?: string
}

/** Plain calls that throw Node's errors. They read regular files alone. Those that change something are marked "mutating". */
export interface FileSystem {
  read(path: string): Uint8Array
  /** null when it is not there */
  readIfPresent(path: string): Uint8Array | null
  readRange(path: string, position: number, length: number): Uint8Array
  stat(path: string): Stat | null
  /** null when it is not there, or no file; a third cheaper than `stat`, which a no-op feels */
  statFile(path: string): FileStat | null
  /** null when it is not there */
  entry(path: string): DirectoryEntry | null
  /** names, sorted; null when the folder is not there */
  list(path: string): ReadonlyArray<string> | null
  /** mutating */
  makeFolder(path: string): void
  /** mutating: creates the file, which must not exist, writes all of it and flushes it to the disk */
  write(path: string, content: Uint8Array | string, mode?: number): void
  /**
   * mutating: creates the file, which must not exist, to be written piece by piece. Whoever has the handle ends with
   * `finish` or `close`.
   */
  create(path: string, mode?: number): number
  /** mutating: writes all of the pieces at the end of what `create` has opened */
  extend(handle: number, pieces: ReadonlyArray<Uint8Array>): void
  /** mutating: flushes it to the disk, and closes it whatever comes of that */
  finish(handle: number): void
  /** closes it as it is */
  close(handle: number): void
  /** mutating: adds to a file, made if need be, without flushing; throws ELOOP where a link is in its place */
  append(path: string, content: string): void
  /** mutating: replaces what was there */
  rename(from: string, to: string): void
  /** mutating: flushes a folder's entries to the disk */
  syncFolder(path: string): void
  /** mutating: a second name for a file, by hard link, symbolic link or copy as the file system allows */
  link(from: string, to: string): void
  /** mutating: a second name for a file by hard link and no other way; throws EEXIST where the name is taken */
  hardLink(from: string, to: string): void
  /** mutating: sets when a file, or a link itself, was changed last, in milliseconds since 1970 */
  touch(path: string, at: number): void
  /** mutating: points a symbolic link at a target, replacing a link that was there; throws EEXIST where it is none */
  symlink(target: string, at: string): void
  /** mutating: a file or a link, never a folder (`removeTree` in `confined.ts` removes one); quiet when it is not there */
  remove(path: string): void
  /** mutating: a folder, if it is empty; quiet when it is not, or not there */
  removeEmpty(path: string): void
}

const isMissing = (error: unknown) => {
  const code = (error as NodeJS.ErrnoException).code
  return code === "ENOENT" || code === "ENOTDIR"
}
function ifPresent<A>(look: () => A): A | null {
  try {
    return look()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(handle, bytes, at, bytes.length - at)
}

/** A path's or a handle's. */
export const statOf = (s: fs.BigIntStats): Stat => ({
  kind: s.isFile() ? "file" : s.isDirectory() ? "folder" : "other",
  size: Number(s.size),
  mtimeNs: String(s.mtimeNs),
  ctimeNs: String(s.ctimeNs),
  inode: String(s.ino)
})

const quiet = { throwIfNoEntry: false } as const
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = fs.constants
const appending = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW
export function nodeFileSystem(): FileSystem {
  return {
    read: readRegular,
    readIfPresent: (file) => ifPresent(() => readRegular(file)),
    readRange(file, position, length) {
      const handle = openRegular(file)
      try {
        const bytes = new Uint8Array(length)
        let got = 0
        while (got < length) {
          const n = fs.readSync(handle, bytes, got, length - got, position + got)
          if (n === 0) break
          got += n
        }
        return bytes.subarray(0, got)
      } finally {
        fs.closeSync(handle)
      }
    },
    stat: (file) => ifPresent(() => statOf(fs.statSync(file, { bigint: true }))),
    statFile(file) {
      try {
        const s = fs.statSync(file, quiet)
        return s?.isFile() === true ? { size: s.size, mtimeMs: s.mtimeMs, inode: s.ino } : null
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    entry: (file) =>
      ifPresent(() => {
        const s = fs.lstatSync(file, { bigint: true })
        return {
          kind: s.isFile() ? "file" : s.isDirectory() ? "folder" : s.isSymbolicLink() ? "link" : "other",
          size: Number(s.size),
          mtimeNs: String(s.mtimeNs),
          inode: String(s.ino),
          links: Number(s.nlink),
          ...(s.isSymbolicLink() ? { target: fs.readlinkSync(file) } : {})
        }
      }),
    list: (folder) => ifPresent(() => fs.readdirSync(folder).sort()),
    makeFolder,
    write(file, content, mode = 0o666) {
      const handle = fs.openSync(file, "wx", mode)
      try {
        writeAll(handle, typeof content === "string" ? Buffer.from(content) : content)
        fs.fsyncSync(handle)
      } finally {
        fs.closeSync(handle)
      }
    },
    create: (file, mode = 0o666) => fs.openSync(file, "wx", mode),
    extend: (handle, pieces) => pieces.forEach((piece) => writeAll(handle, piece)),
    finish(handle) {
      try {
        fs.fsyncSync(handle)
      } finally {
        fs.closeSync(handle)
      }
    },
    close: (handle) => fs.closeSync(handle),
    append(file, content) {
      const handle = fs.openSync(file, appending, 0o666)
      try {
        writeAll(handle, Buffer.from(content))
      } finally {
        fs.closeSync(handle)
      }
    },
    rename: (from, to) => fs.renameSync(from, to),
    syncFolder(folder) {
      const handle = fs.openSync(folder, "r")
      try {
        fs.fsyncSync(handle)
      } finally {
        fs.closeSync(handle)
      }
    },
    link(from, to) {
      try {
        fs.linkSync(from, to)
      } catch (error) {
        // another file system, or a file of another owner where hard links to it are forbidden
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return
        try {
          fs.symlinkSync(path.relative(path.dirname(to), from), to)
        } catch {
          fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
        }
      }
    },
    hardLink: (from, to) => fs.linkSync(from, to),
    touch: (file, at) => fs.lutimesSync(file, at / 1000, at / 1000),
    symlink(target, at) {
      try {
        return fs.symlinkSync(target, at)
      } catch (error) {
        const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST"
        if (!isTaken || !fs.lstatSync(at).isSymbolicLink()) throw error
      }
      const temporary = `${at}.tmp-${process.pid}`
      fs.rmSync(temporary, { force: true })
      fs.symlinkSync(target, temporary)
      fs.renameSync(temporary, at)
    },
    remove: (file) => void ifPresent(() => fs.unlinkSync(file)),
    removeEmpty(folder) {
      try {
        fs.rmdirSync(folder)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== "ENOTEMPTY" && code !== "EEXIST" && !isMissing(error)) throw error
      }
    }
  }
}
