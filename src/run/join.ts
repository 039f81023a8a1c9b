/** The joined inputs of some items, as an itemwise stage's function gets them. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import { artifactItems } from "../store/read-artifact.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Task } from "./task.ts"

/**
 * `{ id, port: row }`, or `{ id, port: rows }` of a group. The task's manifests are of its items alone, all in one
 * order.
 */
export const joinedRows = (
  store: StoreCalls,
  ports: Task["ports"],
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<{ readonly id: string } & Readonly<Record<string, unknown>>>, Problem> =>
  Effect.gen(function* () {
    const items: Array<{ id: string } & Record<string, unknown>> = ids.map((id) => ({ id }))
    for (const [name, { take, reads, from }] of Object.entries(ports)) {
      if (take !== "each" && take !== "group") continue
      const read = yield* artifactItems(store, from[0]!.manifest, reads)
      items.forEach((item, i) => {
        item[name] = take === "each" ? read[i]![0] : read[i]!
      })
    }
    return items
  })
