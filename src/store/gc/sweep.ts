/**
 * The sweep phase of gc: deletes what is not reached, roots first and then their dependants, so that a gc
 * that dies midway leaves no valid record with missing parts. A manifest or item trace touched in the
 * meantime stays, together with everything it names: they are checked before the objects are.
 */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { Problem } from "../../support/problem.ts"
import { removeTree } from "../files/confined.ts"
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"
import { artifactCaches, isOwn } from "../files/own-names.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import { type ScannedFile, type FolderKind, foldersToScan, walkFolder } from "./scan.ts"
import { readJson } from "./json.ts"
import { objectName, type Reach, type SeenTrace } from "./mark.ts"
import type { RootRun } from "./roots.ts"
import { type Deletion, deleteFile, deleteFolder } from "./delete.ts"
import type { Tally } from "./tally.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

export interface Sweeping {
  readonly store: Store
  readonly reach: Reach
  readonly tally: Tally
  readonly dryRun: boolean
  readonly found: ReadonlyMap<FolderKind, ReadonlyArray<ScannedFile>>
  readonly traces: ReadonlyArray<SeenTrace>
  /** runs to delete */
  readonly runs: ReadonlyArray<RootRun>
}

/** Returns the ids of the deleted runs: a run pinned in the meantime stays. */
export const sweep = Effect.fn("gc.sweep")(function* (sweeping: Sweeping) {
  const { store, found, traces } = sweeping
  const { files } = store
  const each = <A>(all: ReadonlyArray<A>, act: (one: A) => void) => inTurns(store, all, act)
  const of = (room: FolderKind) => found.get(room) ?? []
  const gone: Array<string> = []
  const folders = [...foldersToScan(files, store.layout)].filter((folder) => {
    const entry = files.entry(folder)
    return entry !== null && !sweeping.reach.isYoung({ entry })
  })
  yield* each(sweeping.runs, (run) => void (deleteRun(sweeping, run) && gone.push(run.id)))
  yield* each(of("manifests"), (one) => deleteManifest(sweeping, one))
  yield* each(itemsFirst(traces), (trace) => deleteItems(sweeping, trace))
  yield* each(traces, (trace) => deleteTrace(sweeping, trace))
  yield* each(of("notes"), (one) => deleteNote(sweeping, one))
  yield* each(of("shown"), (one) => {
    const run = readJson<{ readonly run: string }>(files, one.file)?.run
    if (run === undefined || !sweeping.reach.runs.has(run)) deleteUnlessTouched(sweeping, one)
  })
  yield* each(of("objects"), (one) => {
    if (!sweeping.reach.objects.has(path.basename(one.file))) deleteUnlessTouched(sweeping, one)
  })
  for (const cache of Object.keys(artifactCaches) as ReadonlyArray<keyof typeof artifactCaches>)
    yield* each(of(cache), (one) => {
      if (!sweeping.reach.artifacts.has(one.name)) deleteUnlessTouched(sweeping, one)
    })
  const bundles = keptBundles(files, of("pipelines"), sweeping.reach)
  yield* each(of("pipelines"), (one) => {
    if (!bundles.has(one.file)) deleteUnlessTouched(sweeping, one)
  })
  yield* each(of("temporary"), (one) => deleteTemporary(sweeping, one))
  // a young folder was just made by a process that is about to write into it
  if (!sweeping.dryRun) yield* each(folders, (folder) => files.removeEmpty(folder))
  return gone
})

/** Yields between files, so that other work, above all a signal handler, can run. */
const inTurns = <A>(
  { root }: Store,
  all: ReadonlyArray<A>,
  act: (one: A) => void
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const turn = 64
    for (let start = 0; start < all.length; start += turn) {
      yield* Effect.try({
        try: () => all.slice(start, start + turn).forEach(act),
        catch: (error) => storeProblem(error, root, "delete unused files")
      })
      yield* Effect.yieldNow
    }
  })

/** Deletes a file unless it is young; returns "touched" for a young one too. */
function deleteUnlessTouched({ store, reach, tally, dryRun }: Sweeping, found: ScannedFile): Deletion {
  if (reach.isYoung(found)) return "touched"
  const deletion: Deletion = dryRun ? "deleted" : deleteFile(store.files, found.file, found.entry)
  if (deletion === "deleted") tally.add(found.entry, found.room)
  return deletion
}

function deleteRun({ store, tally, dryRun }: Sweeping, { id, recorded }: RootRun): boolean {
  const { files, layout } = store
  const folder = layout.run(id)
  // pinned in the meantime, or shown by a run that has just touched its record
  const isWanted = (aside: string) =>
    files.entry(path.join(aside, "pinned"))?.kind === "file" ||
    (files.entry(path.join(aside, "run.json"))?.mtimeNs ?? null) !== recorded
  const removed = dryRun ? ownIn(store, folder) : deleteFolder(files, folder, isWanted)
  if (removed === null) return false
  for (const entry of removed) tally.add(entry, "runs")
  return true
}

function deleteManifest(sweeping: Sweeping, found: ScannedFile): void {
  const { reach } = sweeping
  if (!reach.artifacts.has(found.name) && deleteUnlessTouched(sweeping, found) === "touched")
    reach.addArtifact(found.name)
}

/** Puts traces with only failed items last: they stay if others of their folder stay. */
const itemsFirst = (traces: ReadonlyArray<SeenTrace>) =>
  traces
    .filter((trace) => trace.kind === "items")
    .sort((a, b) => Number(a.objects.length === 0) - Number(b.objects.length === 0))

function deleteItems(sweeping: Sweeping, trace: Extract<SeenTrace, { readonly kind: "items" }>): void {
  const { reach } = sweeping
  const folder = path.dirname(trace.found.file)
  const isKept =
    reach.runs.has(trace.run) ||
    (trace.objects.length === 0
      ? reach.itemFolders.has(folder) || reach.failing.has(trace.stage)
      : trace.objects.every((name) => reach.objects.has(name)))
  if (!isKept && deleteUnlessTouched(sweeping, trace.found) !== "touched") return
  reach.itemFolders.add(folder)
  reach.addObjects(trace.objects)
}

function deleteTrace(sweeping: Sweeping, trace: SeenTrace): void {
  const { reach } = sweeping
  if (trace.kind === "items") return
  const isKept =
    trace.kind === "node" &&
    (trace.artifact === null ? reach.keys.has(trace.key) : reach.artifacts.has(trace.artifact))
  if (!isKept) deleteUnlessTouched(sweeping, trace.found)
}

/** A table merged for a view stays with its artifact. */
function deleteNote(sweeping: Sweeping, found: ScannedFile): void {
  const { store, reach } = sweeping
  if (!reach.artifacts.has(found.name) && deleteUnlessTouched(sweeping, found) !== "touched") return
  const object = readJson<ObjectRef>(store.files, found.file)
  if (object !== null) reach.addObjects([objectName(object)])
}

/** Files left by a process that died while writing. */
function deleteTemporary({ store, reach, tally, dryRun }: Sweeping, found: ScannedFile): void {
  const { files } = store
  if (files.entry(found.file)?.mtimeNs !== found.entry.mtimeNs) return
  // if a gc died while removing this folder, the folder is young but its content is not
  if ([...walkFolder(files, found.file)].some(({ entry }) => reach.isYoung({ entry }))) return
  const removed = dryRun ? ownIn(store, found.file) : removeTree(files, found.file)
  for (const entry of removed) tally.add(entry, "temporary")
}

/** The entries that `removeTree` would remove. */
const ownIn = ({ files, root }: Store, at: string): ReadonlyArray<DirectoryEntry> =>
  [...walkFolder(files, at)].flatMap(({ file, entry }) =>
    isOwn(path.relative(root, file), entry) ? entry : []
  )

/** Written by the loader next to the bundles, one per pipeline file. */
interface PipelineNote {
  readonly pipeline?: unknown
  /** sha256 of the bundle; the bundle's file is named by its first half */
  readonly bundle?: unknown
}

/** The files in `cache/pipelines` that stay. */
function keptBundles(
  files: FileSystem,
  found: ReadonlyArray<ScannedFile>,
  reach: Reach
): ReadonlySet<string> {
  const kept = new Set<string>()
  for (const one of found) {
    if (reach.isYoung(one)) kept.add(one.file)
    if (!one.file.endsWith(".json")) continue
    const { pipeline, bundle } = readJson<PipelineNote>(files, one.file) ?? {}
    const isOfRun = typeof pipeline === "string" && reach.pipelines.has(pipeline)
    if (!kept.has(one.file) && !isOfRun) continue
    kept.add(one.file)
    if (typeof bundle !== "string") continue
    const file = path.join(path.dirname(one.file), `${bundle.slice(0, 32)}.mjs`)
    kept.add(file).add(`${file}.map`)
  }
  return kept
}
