/**
 * gc: deletes everything that no kept run reaches.
 *
 * It keeps recent, pinned and running runs, everything that they reach, and everything young: written, or
 * used by a run, within the grace period or since the oldest running run started. It takes no lock:
 * `delete.ts` explains why it is safe next to runs and other gcs.
 */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { Problem } from "../../support/problem.ts"
import { refuseLinks } from "../files/confined.ts"
import { temporaryMark } from "../files/layout.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import { scanStore, type ScannedFile, type FolderKind, walkFolder } from "./scan.ts"
import { beginGc } from "./under-way.ts"
import { Reach, readTrace, type SeenTrace } from "./mark.ts"
import { type GcOptions, type RootRun, type Roots, rootsOf } from "./roots.ts"
import { sweep } from "./sweep.ts"
import { type Amount, Tally } from "./tally.ts"
export type { GcOptions, RootRun } from "./roots.ts"
export interface GcReport {
  /** `files` counts names: a file with two names (an object and its view) counts twice, its bytes once */
  readonly freed: Amount & { readonly byKind: Readonly<Record<string, number>> }
  readonly kept: Amount & { readonly runs: number }
  /** newest first */
  readonly runs: ReadonlyArray<RootRun>
  readonly dryRun: boolean
}

/**
 * Fails with StoreNotUsable if a later version wrote a file with unknown references, or if a folder is a
 * symlink.
 */
export const collectGarbage = (store: Store, options: GcOptions): Effect.Effect<GcReport, Problem> =>
  Effect.andThen(
    attempt(store, () => refuseLinks(store.files, store.root)),
    options.dryRun
      ? collect(store, options)
      : Effect.acquireUseRelease(
          attempt(store, () => beginGc(store.files, store.layout)),
          () => collect(store, options),
          (end) => Effect.ignore(attempt(store, end))
        )
  )

const attempt = <A>(store: Store, act: () => A) =>
  Effect.try({ try: act, catch: (error) => storeProblem(error, store.root, "look for unused files") })

const collect = Effect.fn("gc.collect")(function* (store: Store, options: GcOptions) {
  const look = <A>(act: () => A) => attempt(store, act)
  const roots = yield* look(() => rootsOf(store, options))
  const reach = yield* look(() => new Reach(store, roots))
  const tally = new Tally()
  const { found, traces } = yield* seen(store, tally)
  yield* look(() => {
    for (const trace of traces) reach.addTrace(trace)
    for (const one of found.get("manifests") ?? []) if (reach.isYoung(one)) reach.addArtifact(one.name)
  })
  yield* look(() => seeRuns(store, roots, found, tally))
  const gone = new Set(
    yield* sweep({
      store,
      reach,
      tally,
      dryRun: options.dryRun,
      found,
      traces,
      runs: roots.runs.filter(({ keptFor }) => keptFor === null)
    })
  )
  const runs = roots.runs.map((run): RootRun =>
    // it was about to be deleted, and a user pinned it in between
    run.keptFor === null && !gone.has(run.id) ? { ...run, keptFor: "pinned" } : run
  )
  return {
    freed: { ...tally.freed(), byKind: tally.byKind() },
    kept: { ...tally.kept(), runs: runs.length - gone.size },
    runs: runs.toReversed(),
    dryRun: options.dryRun
  }
})

const seen = Effect.fn("gc.seen")(function* (store: Store, tally: Tally) {
  const found = new Map<FolderKind, Array<ScannedFile>>()
  const traces: Array<SeenTrace> = []
  const all = scanStore(store.files, store.layout)
  const some = Effect.try({
    try: () => {
      for (let i = 0; i < 256; i++) {
        const next = all.next()
        if (next.done === true) return false
        const { value } = next
        if (value.room === "traces") traces.push(readTrace(store.files, value))
        else if (found.get(value.room)?.push(value) === undefined) found.set(value.room, [value])
        for (const { entry } of walkFolder(store.files, value.file)) tally.see(entry)
      }
      return true
    },
    catch: (error) => storeProblem(error, store.root, "look for unused files")
  })
  while (yield* some) yield* Effect.yieldNow
  return { found, traces }
})

/**
 * Counts runs' files too, and finds a record's temporary files only where no other file can have such a name.
 */
function seeRuns(
  store: Store,
  { runs }: Roots,
  found: Map<FolderKind, Array<ScannedFile>>,
  tally: Tally
): void {
  for (const { id, keptFor } of runs)
    for (const { file, entry } of walkFolder(store.files, store.layout.run(id))) {
      tally.see(entry)
      const name = path.basename(file)
      const isOwn = path.dirname(file) === store.layout.run(id)
      if (keptFor === null || !isOwn || !name.startsWith(`run.json${temporaryMark}`)) continue
      if (found.get("temporary")?.push({ room: "temporary", file, name, entry }) === undefined)
        found.set("temporary", [{ room: "temporary", file, name, entry }])
    }
}
