/**
 * verify: checks every file of the store against its digest. A run has no time for that and trusts sizes.
 *
 * It reads everything and changes nothing, unless given `repair`: then it removes damaged files, and the next
 * run finds them missing and computes them again. It is safe next to runs.
 */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { refuseLinks } from "../files/confined.ts"
import { scanStore, type ScannedFile } from "../gc/scan.ts"
import { objectsOf, objectsOfShard, type Shard } from "../records/manifest.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import { type Checked, checkManifest, checkRun, checkTrace } from "./check-json.ts"
import { objectWrong, sidecarWrong } from "./check-object.ts"
import { Damages, type DamageKind, type FoundDamage } from "./damage.ts"
import type { StoredFile } from "../objects/object-ref.ts"
import { runFolders } from "../files/own-names.ts"

export type { Damage } from "./damage.ts"
export interface Verified {
  readonly checked: {
    readonly objects: number
    readonly manifests: number
    readonly traces: number
    readonly runs: number
    readonly bytes: number
  }
  readonly damaged: ReadonlyArray<FoundDamage>
  /** intact but useless, because they name damaged objects */
  readonly affected: ReadonlyArray<FoundDamage>
}

/** `report` receives the number of files done, and the total. */
export const verifyStore = Effect.fn("verify.verifyStore")(function* (
  store: Store,
  report: (done: number, total: number) => void = () => {}
) {
  const { files, layout } = store
  const attempt = <A>(act: () => A | Promise<A>) =>
    Effect.tryPromise({
      try: async () => act(),
      catch: (error) => storeProblem(error, store.root, "verify")
    })
  yield* attempt(() => refuseLinks(files, store.root))
  const found = yield* attempt(() => [...scanStore(files, layout)])
  const of = (room: ScannedFile["room"]) => found.filter((one) => one.room === room)
  const runs = yield* attempt(() => runFiles(store))
  const damages = new Damages(files)
  const counts = { objects: 0, manifests: 0, traces: 0, runs: 0, bytes: 0 }
  const total = of("objects").length + of("manifests").length + of("traces").length + runs.length
  let done = 0
  // each in a turn of its own, so that signals are handled between two large files
  const each = <A>(all: ReadonlyArray<A>, check: (one: A) => void | Promise<void>) =>
    Effect.forEach(all, (one) =>
      Effect.andThen(
        attempt(() => check(one)),
        Effect.sync(() => report(++done, total))
      ).pipe(Effect.andThen(Effect.yieldNow))
    )
  /** The parsed value, or null if the file is damaged; counts the file. A file that is gone gives null, uncounted. */
  const json = <A>(kind: DamageKind, file: string, checked: Checked<A>): A | null => {
    if (checked === null) return null
    counts[`${kind}s` as "manifests" | "traces" | "runs"]++
    if ("wrong" in checked) {
      damages.add(kind, file, checked.wrong)
      return null
    }
    counts.bytes += checked.bytes
    return checked.value
  }

  yield* each(of("objects"), ({ file, entry }) => {
    counts.objects++
    counts.bytes += entry.size
    const wrong = objectWrong(files, file)
    if (wrong !== null) damages.add("object", file, wrong)
  })
  /** A file that names a lost or damaged object is useless. */
  const checkObjects = (kind: DamageKind, file: string, objects: Iterable<StoredFile>) => {
    for (const object of objects) {
      const at = store.layout.object(object.sha256, object.extension)
      const size = files.stat(at)?.size
      if (damages.has(at)) damages.affect(kind, file, `names ${path.basename(at)}, which is damaged`)
      else if (size === undefined) damages.add(kind, file, `names ${path.basename(at)}, which is gone`)
      else if (size !== object.bytes)
        damages.add(kind, file, `says that ${path.basename(at)} has ${object.bytes} bytes; it has ${size}`)
    }
  }
  const sidecars = new Set<string>()
  const checkSidecar = async (shard: Shard) => {
    const file =
      shard.sidecar === null ? null : store.layout.object(shard.sidecar.sha256, shard.sidecar.extension)
    if (file === null || sidecars.has(file) || damages.has(file)) return
    sidecars.add(file)
    const wrong = await sidecarWrong(files, file, shard)
    if (wrong !== null) damages.add("sidecar", file, wrong)
  }
  yield* each(of("manifests"), async ({ file }) => {
    const manifest = json("manifest", file, checkManifest(files, layout, file))
    if (manifest === null) return
    for (const shard of manifest.shards) await checkSidecar(shard)
    checkObjects("manifest", file, objectsOf(manifest))
  })
  yield* each(of("traces"), async ({ file }) => {
    const trace = json("trace", file, checkTrace(files, layout, file))
    if (trace === null || !("shard" in trace) || trace.shard === null) return
    await checkSidecar(trace.shard)
    checkObjects("trace", file, objectsOfShard(trace.shard))
  })
  yield* each(runs, (file) => void json("run", file, checkRun(files, layout, file)))
  return { checked: counts, damaged: damages.all(), affected: damages.affected() }
})

const runFiles = ({ files, layout }: Store): ReadonlyArray<string> =>
  runFolders(files, layout)
    .map((name) => path.join(layout.run(name), "run.json"))
    .filter((file) => files.entry(file)?.kind === "file")
