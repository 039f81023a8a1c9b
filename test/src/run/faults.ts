/** File systems that fail: they count mutating calls, and at one of them they break, or kill their process. */
import { writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { FileSystem } from "../../../src/store/files/file-system.ts"

/** Calls that only read; all others change something. */
export const readingCalls: ReadonlySet<string> = new Set<keyof FileSystem>([
  "read",
  "readIfPresent",
  "readRange",
  "stat",
  "statFile",
  "list",
  "entry"
])
type Decorate = (files: FileSystem) => FileSystem
type Call = (...args: ReadonlyArray<unknown>) => unknown

/** Without flushing to the disk, which takes most of a run's time: no test here cuts the power. */
export const unflushed: Decorate = (files) => ({
  ...files,
  write: (file, content, mode) =>
    writeFileSync(file, content, { flag: "wx", ...(mode === undefined ? {} : { mode }) }),
  finish: (handle) => files.close(handle),
  syncFolder: () => {}
})

/** `act` is asked before every mutating call, with its number; what it throws, the call throws. */
export const onMutation =
  (act: (n: number, name: string, args: ReadonlyArray<unknown>, files: FileSystem) => void): Decorate =>
  (files) => {
    let n = 0
    const decorated: Record<string, unknown> = { ...files }
    for (const [name, call] of Object.entries(files)) {
      if (readingCalls.has(name) || typeof call !== "function") continue
      decorated[name] = (...args: ReadonlyArray<unknown>) => {
        act(n++, name, args, files)
        return (call as Call)(...args)
      }
    }
    return decorated as unknown as FileSystem
  }

/**
 * The mutating calls of a run by kind, such as `rename objects`: the call, and the store's folder (of traces, those of
 * items apart) that it changes. Each kind has the numbers of its calls.
 */
export const sorted =
  (kinds: Map<string, Array<number>>, root: string): Decorate =>
  (files) =>
    onMutation((n, name, args) => {
      // of two paths the second is the one that is made
      const path = args.findLast((arg) => typeof arg === "string" && arg.startsWith(`${root}/`))
      const parts = typeof path === "string" ? path.slice(root.length + 1).split("/") : []
      const kind = [name, ...parts.slice(0, 1), ...parts.filter((part) => part === "items")].join(" ")
      kinds.set(kind, [...(kinds.get(kind) ?? []), n])
    })(files)

/** Counts mutating calls. */
export const counting = (count: (n: number) => void): Decorate => onMutation((n) => count(n + 1))

/** From call n on nothing comes to the disk, half of its write excepted: what a process leaves that was killed. */
export const deadFrom = (from: number): Decorate =>
  onMutation((n, name, args, files) => {
    if (n < from) return
    if (n === from) halfWritten(name, args, files)
    throw Object.assign(new Error(`dead since call ${from} (${name})`), { code: "EIO" })
  })

const halfWritten = (name: string, args: ReadonlyArray<unknown>, files: FileSystem) => {
  if (name === "extend") {
    const [handle, pieces] = args as readonly [number, ReadonlyArray<Uint8Array>]
    const half = pieces.map((piece) => piece.subarray(0, piece.length >> 1))
    files.extend(handle, half)
  }
  if (name === "append") {
    const [path, content] = args as readonly [string, string]
    files.append(path, content.slice(0, content.length >> 1))
  }
  if (name !== "write") return
  const [path, content] = args as readonly [string, Uint8Array | string]
  files.makeFolder(dirname(path))
  files.write(path, content.slice(0, content.length >> 1))
}

/** Kills this process at call n, as `kill -9` does; half of a write has reached the disk. */
export const killAt = (at: number): Decorate =>
  onMutation((n, name, args, files) => {
    if (n !== at) return
    halfWritten(name, args, files)
    process.kill(process.pid, "SIGKILL")
    // the signal comes at once, but not before the next instruction
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  })

/** Fails call n with an error of the system, once: a full disk leaves half of the write. */
export const failOnceAt = (at: number, code: "ENOSPC" | "EIO"): Decorate =>
  onMutation((n, name, args, files) => {
    if (n !== at) return
    if (code === "ENOSPC") halfWritten(name, args, files)
    throw Object.assign(new Error(`${code}: injected at call ${at} (${name})`), { code })
  })

/** Calls that need space; a folder that is there already needs none. */
const allocating = new Set(["write", "create", "extend", "append", "link", "hardLink", "pointer"])
const allocates = (name: string, args: ReadonlyArray<unknown>, files: FileSystem) =>
  allocating.has(name) || (name === "makeFolder" && files.entry(args[0] as string) === null)

/**
 * A disk that is full from call n on and stays so, in later runs too, until it is lifted: whatever needs space fails,
 * halves of what is written remain; what moves or removes goes well.
 */
export function fullDiskFrom(at: number): { readonly files: Decorate; readonly lift: () => void } {
  let state: "room" | "full" | "lifted" = "room"
  const files = onMutation((n, name, args, calls) => {
    if (state === "room" && n >= at) state = "full"
    if (state !== "full" || !allocates(name, args, calls)) return
    halfWritten(name, args, calls)
    throw Object.assign(new Error(`ENOSPC: the disk is full since call ${at} (${name})`), { code: "ENOSPC" })
  })
  return { files, lift: () => void (state = "lifted") }
}
