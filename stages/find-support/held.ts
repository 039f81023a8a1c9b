/** Which vectors a table of tokens or of activations holds, by name alone. */
import type { Table } from "../../src/index.ts"
import { byCodePoint } from "../tables/ids.ts"
import { pickColumns } from "../tables/readers.ts"
import { tokenColumns, tokenSourceKey } from "../tables/tokens.ts"

/** The columns that tell; both kinds of table have them. */
export const heldColumns = pickColumns(tokenColumns, "selection", "task", "source", "object")
export type HeldTable = Pick<Table<typeof heldColumns>, "items" | "batches">

export interface Held {
  /** ids of scenes, including those without a row; scenes that failed are absent */
  readonly scenes: ReadonlySet<string>
  /** all sources that occur, wanted or not */
  readonly sources: ReadonlySet<string>
  /** the wanted rows of each selection, by `tokenSourceKey` */
  readonly selections: ReadonlyMap<string | null, ReadonlySet<string>>
}

/**
 * Reads a table batch by batch. Memory grows with the number of things that its rows name.
 *
 * @param wanted the sources asked about; rows of others, such as `image`, are not held
 */
export async function readHeld(table: HeldTable, wanted: ReadonlySet<string>): Promise<Held> {
  const scenes = new Set<string>()
  for await (const scene of table.items()) scenes.add(scene)
  const sources = new Set<string>()
  const selections = new Map<string | null, Set<string>>()
  for await (const { item, ...batch } of table.batches("selection", "task", "source", "object"))
    for (const [i, scene] of item.entries()) {
      const [selection, source] = [batch.selection[i] ?? null, batch.source[i]!]
      scenes.add(scene)
      sources.add(source)
      if (!wanted.has(source)) continue
      const of = selections.get(selection) ?? new Set<string>()
      selections.set(selection, of)
      of.add(tokenSourceKey(scene, { task: batch.task[i] ?? null, source, object: batch.object[i]! }))
    }
  return { scenes, sources, selections }
}

/** The selections in a fixed order; a table without a wanted row counts as one without a name. */
export const selectionsOf = ({ selections }: Held): ReadonlyArray<string | null> =>
  selections.size === 0
    ? [null]
    : [...selections.keys()].sort((a, b) => (a === null ? -1 : b === null ? 1 : byCodePoint(a, b)))
