/**
 * Joins the inputs of an itemwise stage by item id.
 *
 * Items come in the first port's order. An item that an input lacks, because it failed there, is left out: what
 * failed above is counted there, once.
 */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import { artifactItems, artifactRows } from "../store/read-artifact.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Task, TaskPort } from "./task.ts"

const joined = (ports: Task["ports"]): ReadonlyArray<readonly [string, TaskPort]> =>
  Object.entries(ports).filter(([, { take }]) => take === "each" || take === "group")

/** The ids that all joined ports have. */
export const joinedItems = (
  store: StoreCalls,
  ports: Task["ports"]
): Effect.Effect<ReadonlyArray<string>, Problem> =>
  Effect.gen(function* () {
    const lists: Array<ReadonlyArray<string>> = []
    for (const [, port] of joined(ports))
      lists.push((yield* artifactItems(store, port.from[0]!.manifest)).ids)
    const [first = [], ...others] = lists
    const sets = others.map((ids) => new Set(ids))
    return first.filter((id) => sets.every((ids) => ids.has(id)))
  })

/** The items as the stage's function gets them: `{ id, port: row }`, or `{ id, port: rows }` of a group. */
export const joinedRows = (
  store: StoreCalls,
  ports: Task["ports"],
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<{ readonly id: string } & Readonly<Record<string, unknown>>>, Problem> =>
  Effect.gen(function* () {
    const items: Array<{ id: string } & Record<string, unknown>> = ids.map((id) => ({ id }))
    for (const [name, { take, reads, from }] of joined(ports)) {
      const rows = yield* artifactRows(store, from[0]!.manifest, ids, reads)
      items.forEach((item, i) => {
        item[name] = take === "each" ? rows[i]![0] : rows[i]
      })
    }
    return items
  })
