/** Joins the inputs of some items for an itemwise stage's function. */
import { artifactItems } from "../store/items/read-artifact.ts"
import { rowGuard } from "../store/format/row-guard.ts"
import type { Store } from "../store/store.ts"
import { undeclared } from "./given-tables.ts"
import type { Task } from "./task.ts"

export type JoinedItem = { readonly id: string } & Readonly<Record<string, unknown>>

/**
 * `{ id, port: row }`, or `{ id, port: rows }` for a group. The task's joined ports have the rows of its
 * items, all in the same order. A row has the columns that its port declares, and `item`; reading any other
 * column throws a Problem.
 */
export async function joinedRows(
  store: Store,
  { node, ports, items: ids }: Pick<Task, "node" | "ports" | "items">
): Promise<ReadonlyArray<JoinedItem>> {
  const items = ids!.map((id) => new Map<string, unknown>([["id", id]]))
  for (const [name, port] of Object.entries(ports)) {
    if (!("items" in port)) continue
    const { mode, reads } = port
    const guard = rowGuard((column) => undeclared({ node, name, mode, reads }, column))
    const rows = await artifactItems(store, port.items, reads)
    items.forEach((item, i) => {
      for (const row of rows[i]!) Object.setPrototypeOf(row, guard)
      item.set(name, mode === "each" ? rows[i]![0] : rows[i]!)
    })
  }
  return items.map((item) => Object.fromEntries(item) as JoinedItem)
}
