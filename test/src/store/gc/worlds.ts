/** Stores to collect garbage in and to damage: random worlds with every kind of file, run again after random edits. */
import { cpSync, lutimesSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { below, column, defineStage, each, one, pick, type Random } from "../../../../src/index.ts"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { collectGarbage, type GcOptions, type GcReport } from "../../../../src/store/gc/gc.ts"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { makeStore, type Store } from "../../../../src/store/store.ts"
import { readingCalls } from "../../run/faults.ts"
import { coarse, gathered, type Items, type Lab, numbers, spread, sum, total } from "../../run/lab.ts"
import { walkFolder } from "../../../../src/store/gc/scan.ts"

const pair = { a: column.float64(), b: column.float64() }
const drawing = { image: column.file(), marks: column.tensors("width") }

/** Makes files and tensors. */
export const drawn = defineStage.itemwise("drawn", {
  inputs: { of: each(pair) },
  output: one(drawing),
  chunk: 2,
  compute: (items) =>
    items.map(({ of: { a, b } }) => ({
      image: { name: "drawing.pgm", content: Buffer.from(`P2 ${a} ${b}`) },
      marks: { first: Float32Array.of(a, b), second: Float32Array.of(b) }
    }))
})
/** Reads them. */
export const seen = defineStage.itemwise("seen", {
  inputs: { of: each(drawing) },
  output: one(pair),
  chunk: 3,
  compute: (items) =>
    Promise.all(
      items.map(async ({ of: { image, marks } }) => ({
        a: (await image.bytes()).length,
        b: marks["first"]![0]! + marks["second"]![0]!
      }))
    )
})

export interface World {
  items: Items
  step: number
  versions: Record<string, number>
}
const value = (random: Random): readonly [number, number] => [below(random, 30), below(random, 6)]

export const newWorld = (random: Random): World => ({
  items: Object.fromEntries(Array.from({ length: 3 + below(random, 4) }, (_, i) => [`i${i}`, value(random)])),
  step: 2,
  versions: {}
})
export function editWorld(world: World, random: Random): void {
  const ids = Object.keys(world.items)
  switch (below(random, 4)) {
    case 0:
      world.items = { ...world.items, [pick(random, ids)]: value(random) }
      return
    case 1:
      world.items = { ...world.items, [`i${ids.length}`]: value(random) }
      return
    case 2:
      world.step = 1 + below(random, 5)
      return
    default:
      world.versions = {
        ...world.versions,
        [pick(random, ["coarse", "sum", "drawn", "seen", "total"])]: below(random, 4)
      }
  }
}
export function graphOf(lab: Lab, { items, step, versions }: World): Graph {
  for (const [stage, version] of Object.entries(versions)) lab.versions.set(stage, version)
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const parts = coarse("parts", { of: source, step })
  const drawings = drawn("drawings", { of: parts })
  const looks = seen("looks", { of: drawings })
  const groups = gathered("groups", { of: spread("spread", { of: source }) })
  const sums = sum("sums", { x: looks, y: groups })
  return lab.graph({ total: total("total", { of: [sums, groups] }) })
}

/** Without flushing to the disk: no test here cuts the power. */
export const quick = (files: FileSystem): FileSystem => ({
  ...files,
  write: (file, content) => writeFileSync(file, content, { flag: "wx" }),
  syncFolder: () => {}
})

/** The lab's store as another process sees it. */
export const storeOf = (lab: Lab): Store => makeStore(join(lab.folder, "store"), nodeFileSystem())

const day = 24 * 3_600_000
/** Makes everything in the store as old as if nobody had touched it for two days; gives what is there. */
export function age(store: Store): void {
  const then = new Date(Date.now() - 2 * day)
  for (const { file } of walkFolder(store.files, store.root)) lutimesSync(file, then, then)
  const folders = (folder: string): void => {
    for (const name of store.files.list(folder) ?? []) {
      const inner = join(folder, name)
      if (store.files.entry(inner)?.kind === "folder") folders(inner)
    }
    lutimesSync(folder, then, then)
  }
  folders(store.root)
}

export const gcOptions = (options: Partial<GcOptions> = {}): GcOptions => ({
  keep: 2,
  grace: 3_600_000,
  now: Date.now(),
  dryRun: false,
  ...options
})
/** In one go: also in the middle of another's call. */
export const gc = (store: Store, options: Partial<GcOptions> = {}): GcReport =>
  Effect.runSync(collectGarbage(store, gcOptions(options)))

/** Names below the store's root, and the bytes they take up, each file's once. */
export function contents({ files, root, layout }: Store): {
  readonly names: ReadonlyArray<string>
  readonly bytes: number
} {
  // but for the mark that gc itself leaves
  const all = [...walkFolder(files, root)].filter(({ file }) => file !== layout.gcMark)
  const inodes = new Map(
    all.flatMap(({ entry }) => (entry.kind === "link" ? [] : [[entry.inode, entry.size]]))
  )
  return {
    names: all.map(({ file }) => file.slice(root.length + 1)),
    bytes: [...inodes.values()].reduce((sum, size) => sum + size, 0)
  }
}

/** A copy, aged, in place of what was there. */
export function copyStore({ root }: Store, to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(root, to, { recursive: true, verbatimSymlinks: true })
  age(makeStore(to, nodeFileSystem()))
}

/** Asks `before` ahead of every call, or of those that change something. */
export function decorated(
  files: FileSystem,
  which: "all" | "mutating",
  before: (name: string, path: string) => void
): FileSystem {
  const calls = Object.entries(files).map(([name, call]: [string, (...args: Array<never>) => unknown]) => [
    name,
    which === "mutating" && readingCalls.has(name)
      ? call
      : (...args: Array<never>) => {
          before(name, args[0] as unknown as string)
          return call(...args)
        }
  ])
  return Object.fromEntries(calls) as FileSystem
}
