/** The joined inputs of some items, as an itemwise stage's function gets them. */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import { artifactItems } from "../store/items/read-artifact.ts"
import { rowGuard } from "../store/format/row-guard.ts"
import type { StoreCalls } from "../store/store.ts"
import { undeclared } from "./given-tables.ts"
import type { Task } from "./task.ts"

export type JoinedItem = { readonly id: string } & Readonly<Record<string, unknown>>

/**
 * `{ id, port: row }`, or `{ id, port: rows }` of a group. The task's manifests are of its items alone, all in one
 * order. A row has the columns that its port declares, and `item`; reading any other column throws a Problem.
 */
export const joinedRows = (
  store: StoreCalls,
  { node, ports, items: ids }: Pick<Task, "node" | "ports" | "items">
): Effect.Effect<ReadonlyArray<JoinedItem>, Problem> =>
  Effect.gen(function* () {
    const items = ids!.map((id) => new Map<string, unknown>([["id", id]]))
    for (const [name, { mode, reads, from }] of Object.entries(ports)) {
      if (mode !== "each" && mode !== "group") continue
      const { manifest } = from[0]!
      const guard = rowGuard((column) => undeclared({ node, name, mode, reads }, column))
      const read = yield* artifactItems(store, manifest, reads)
      items.forEach((item, i) => {
        for (const row of read[i]!) Object.setPrototypeOf(row, guard)
        item.set(name, mode === "each" ? read[i]![0] : read[i]!)
      })
    }
    return items.map((item) => Object.fromEntries(item) as JoinedItem)
  })
