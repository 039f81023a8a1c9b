/**
 * The file system: the store's only access to node:fs.
 *
 * Calls are synchronous: the store's files are few, and either small or written in large pieces, and a
 * synchronous call costs a fraction of an asynchronous one. Tests decorate the calls to count them, to make
 * them fail or to kill the process.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { makeFolder } from "../../support/make-folder.ts"
import { openRegular, readRegular } from "../../support/regular-file.ts"

export interface Stat {
  readonly kind: "file" | "folder" | "other"
  readonly size: number
  /** nanoseconds since 1970, as text because a double cannot hold them */
  readonly mtimeNs: string
  readonly ctimeNs: string
  readonly inode: string
}

/** The cheap part of a file's stat. */
export interface FileStat {
  readonly size: number
  /** exact to a quarter of a microsecond, the precision of a double */
  readonly mtimeMs: number
  readonly inode: number
}

/** An entry of a folder and its own kind: symlinks are not followed. */
export interface DirectoryEntry {
  readonly kind: "file" | "folder" | "link" | "other"
  readonly size: number
  readonly mtimeNs: string
  readonly inode: string
  /** number of hard links */
  readonly links: number
  /** a symlink's target */
  readonly target?: string
}

/**
 * Thin wrappers that throw Node's errors. They read regular files only. Calls that change something are
 * marked "mutating".
 */
export interface FileSystem {
  read(path: string): Uint8Array
  /** null if it does not exist */
  readIfPresent(path: string): Uint8Array | null
  readRange(path: string, position: number, length: number): Uint8Array
  stat(path: string): Stat | null
  /** null if it does not exist or is not a file; a third cheaper than `stat`, which matters in a no-op */
  statFile(path: string): FileStat | null
  /** null if it does not exist */
  entry(path: string): DirectoryEntry | null
  /** sorted names; null if the folder does not exist */
  list(path: string): ReadonlyArray<string> | null
  /** mutating */
  makeFolder(path: string): void
  /** mutating: creates the file, which must not exist, writes all of it and flushes it to disk */
  write(path: string, content: Uint8Array | string, mode?: number): void
  /**
   * mutating: creates the file, which must not exist, for writing piece by piece. The caller must end with
   * `finish` or `close`.
   */
  create(path: string, mode?: number): number
  /** mutating: appends all pieces to a file opened by `create` */
  extend(handle: number, pieces: ReadonlyArray<Uint8Array>): void
  /** mutating: flushes the file to disk, and closes it even if that fails */
  finish(handle: number): void
  /** closes it without flushing */
  close(handle: number): void
  /**
   * mutating: appends to a file, creating it if necessary, without flushing; throws ELOOP if the path is a
   * symlink
   */
  append(path: string, content: string): void
  /** mutating: replaces an existing file */
  rename(from: string, to: string): void
  /** mutating: flushes a folder's entries to disk */
  syncFolder(path: string): void
  /** mutating: gives a file a second name by hard link, symlink or copy, as the file system allows */
  link(from: string, to: string): void
  /** mutating: gives a file a second name by hard link only; throws EEXIST if the name is taken */
  hardLink(from: string, to: string): void
  /** mutating: sets the mtime of a file, or of a symlink itself, in milliseconds since 1970 */
  touch(path: string, at: number): void
  /**
   * mutating: points a symlink at a target, replacing an existing symlink; throws EEXIST if anything else has
   * the name
   */
  symlink(target: string, at: string): void
  /**
   * mutating: removes a file or symlink, never a folder (see `removeTree` in `confined.ts`); a no-op if it
   * does not exist
   */
  remove(path: string): void
  /** mutating: removes a folder if it is empty; a no-op if it is not, or does not exist */
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

/** Converts the stat of a path or handle. */
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
        // another file system, or another user's file where hard links to those are forbidden
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
