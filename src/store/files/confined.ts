/**
 * Confines all changes to the store's own folder. The store's root may be a symlink, which is resolved when
 * the store is opened. Folders below it may not: nothing is written, renamed or deleted through a symlink,
 * and only files with names that the store makes (`own-names.ts`) are deleted.
 */
import * as path from "node:path"
import { Problem } from "../../support/problem.ts"
import type { DirectoryEntry, FileSystem } from "./file-system.ts"
import { isOwn } from "./own-names.ts"

/** The folders of every store. */
const rooms = ["objects", "manifests", "traces", "runs", "locks", "cache"]
const ofCache = ["collecting", "views", "summaries", "pipelines"].map((name) => `cache/${name}`)

/** @throws Problem StoreNotUsable if one of the store's own folders is a symlink */
export function refuseLinks({ entry }: Pick<FileSystem, "entry">, root: string): void {
  for (const name of [...rooms, ...ofCache]) {
    const folder = path.join(root, name)
    if (entry(folder)?.kind === "link") throw isLink(root, folder)
  }
}

const isLink = (root: string, folder: string) =>
  new Problem(
    "StoreNotUsable",
    `${folder} is a symlink: Probeline changes nothing through a symlink inside a store`,
    {
      file: folder,
      hint: `replace it by a real folder, or move the whole store: the path of --store may be a symlink, the folders in ${root} may not`
    }
  )

/**
 * How long a checked folder is trusted. A symlink that replaces a folder during a command is noticed after
 * this time at the latest, and before any deletion.
 */
const mostKnownMs = 1000

/**
 * The same calls, but mutating ones work only below `root`, and `remove` skips files with names that the
 * store does not make.
 */
export function confined(files: FileSystem, root: string): FileSystem {
  /** folders checked within the last second: real folders, not symlinks */
  const known = new Set<string>()
  let knownSince = 0
  const relativeOf = (file: string): string => {
    // most paths are joined as text and need no further check
    const isPlain = (mark: string) => !file.includes(mark, root.length)
    if (file.startsWith(`${root}/`) && isPlain("/.") && isPlain("//")) return file.slice(root.length + 1)
    const relative = path.relative(root, file)
    if (relative === ".." || relative.startsWith("../"))
      throw new Problem("StoreNotUsable", `${file} is not in the store ${root}`, { file })
    return relative
  }
  /** Refuses a path that leads through a symlink. `afresh` checks every folder again. */
  const check = (file: string, afresh = false): string => {
    const relative = relativeOf(file)
    for (let at = relative.indexOf("/"); at >= 0; at = relative.indexOf("/", at + 1))
      if (!checkFolder(`${root}/${relative.slice(0, at)}`, afresh)) break
    return relative
  }
  /** Returns false if the folder does not exist. */
  const checkFolder = (folder: string, afresh: boolean): boolean => {
    if (performance.now() - knownSince > mostKnownMs) {
      known.clear()
      knownSince = performance.now()
    }
    if (!afresh && known.has(folder)) return true
    const kind = files.entry(folder)?.kind
    if (kind === "link") throw isLink(root, folder)
    if (kind === "folder") known.add(folder)
    return kind !== undefined
  }
  const both = (from: string, to: string) => {
    check(from)
    check(to)
  }
  return {
    ...files,
    makeFolder: (folder) => {
      if (check(folder) !== "") checkFolder(folder, false)
      files.makeFolder(folder)
    },
    write: (file, ...rest) => (check(file), files.write(file, ...rest)),
    create: (file, mode) => (check(file), files.create(file, mode)),
    append: (file, content) => (check(file), files.append(file, content)),
    touch: (file, at) => (check(file), files.touch(file, at)),
    symlink: (target, at) => (check(at), files.symlink(target, at)),
    rename: (from, to) => (both(from, to), files.rename(from, to)),
    hardLink: (from, to) => (both(from, to), files.hardLink(from, to)),
    link: (from, to) => (both(from, to), files.link(from, to)),
    remove: (file) => {
      const relative = check(file, true)
      const entry = files.entry(file)
      if (entry !== null && entry.kind !== "folder" && isOwn(relative, entry)) files.remove(file)
    },
    removeEmpty: (folder) => {
      check(folder, true)
      files.removeEmpty(folder)
    }
  }
}

/**
 * Removes a file or symlink that the store made. Returns false if it does not exist, or belongs to the user
 * and stays.
 */
export function removeOwn(files: FileSystem, file: string): boolean {
  if (files.entry(file) === null) return false
  files.remove(file)
  return files.entry(file) === null
}

/**
 * Removes a file, or whatever the store made in a folder and below it, without following symlinks. Returns
 * the removed entries: the user's files stay, and so do the folders that contain them.
 */
export function removeTree(files: FileSystem, at: string): ReadonlyArray<DirectoryEntry> {
  const entry = files.entry(at)
  if (entry === null) return []
  if (entry.kind !== "folder") return removeOwn(files, at) ? [entry] : []
  const removed = (files.list(at) ?? []).flatMap((name) => removeTree(files, path.join(at, name)))
  files.removeEmpty(at)
  return removed
}
