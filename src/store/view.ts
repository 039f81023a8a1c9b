/**
 * Views: an artifact under its node's name in its run's folder, for people and other tools.
 *
 * `runs/<run>/<node>.parquet` is a table of its own; tensors get a folder `<node>/` of Arrow parts beside
 * `items.parquet`, which says in which part and rows an item's tensors are.
 */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { Manifest, ObjectRef } from "./manifest.ts"
import type { StoreCalls } from "./store.ts"
import { storeProblem } from "./store-error.ts"

/** Where a node's table lies, relative to the store's root. */
export const viewOf = (run: string, node: string): string => path.join("runs", run, `${node}.parquet`)

/** Links what is one object already, and writes the table of several shards anew. */
export const publishView = (
  store: StoreCalls,
  run: string,
  node: string,
  manifest: Manifest
): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const table = path.join(store.root, viewOf(run, node))
    yield* link(store, yield* tableOf(store, manifest), table)
    if (Object.values(manifest.families).every(({ members }) => members.length === 0)) return
    const folder = table.slice(0, -".parquet".length)
    for (const [family, { members }] of Object.entries(manifest.families))
      for (const member of members)
        for (const [part, shard] of manifest.shards.filter((one) => one.rows > 0).entries()) {
          const name = `${members.length > 0 ? member : family}.${String(part).padStart(5, "0")}.arrow`
          yield* link(store, shard.tensors[`${family}/${member}`]!, path.join(folder, name))
        }
    const { itemsTable } = yield* heavy
    yield* link(store, yield* itemsTable(store, manifest), path.join(folder, "items.parquet"))
  })

const tableOf = (store: StoreCalls, manifest: Manifest) =>
  manifest.shards.length === 1
    ? Effect.succeed(manifest.shards[0]!.table)
    : Effect.flatMap(heavy, ({ mergedTable }) => mergedTable(store, manifest))

/** Parquet is imported only when a table has to be written. */
const heavy = Effect.promise(() => import("./merged-table.ts"))

const link = (store: StoreCalls, object: ObjectRef, at: string) =>
  Effect.try({
    try: () => {
      store.files.makeFolder(path.dirname(at))
      store.files.link(store.objectPath(object), at)
    },
    catch: (error) => storeProblem(error, store.root, "link an artifact into its run's folder")
  })
