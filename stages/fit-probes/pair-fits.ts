/** Reads two tables of fits in step. */
import type { Table } from "../../src/index.ts"
import { type Fit, fitColumns, fitId } from "../tables/fits.ts"
import { eachRow } from "../tables/readers.ts"

export type FitTable = Pick<Table<typeof fitColumns>, "items" | "batches">

export interface FitPair {
  readonly id: string
  readonly a: Fit
  readonly b: Fit
}

const columns = Object.keys(fitColumns) as ReadonlyArray<keyof typeof fitColumns>

/** The fits of each table, by whether the other has them. */
export async function sharedFits(a: FitTable, b: FitTable) {
  const [ours, theirs] = [new Set<string>(), new Set<string>()]
  for await (const id of a.items()) ours.add(id)
  for await (const id of b.items()) theirs.add(id)
  return {
    both: new Set([...ours].filter((id) => theirs.has(id))),
    onlyA: [...ours].filter((id) => !theirs.has(id)),
    onlyB: [...theirs].filter((id) => !ours.has(id))
  }
}

/**
 * Pairs of fits of one id. Tables in one order are read in constant memory; otherwise a fit waits in memory until the other
 * table comes to it.
 */
export async function* pairedFits(
  tables: readonly [FitTable, FitTable],
  both: ReadonlySet<string>
): AsyncGenerator<FitPair> {
  const readers = tables.map((table) => sharedRows(table, both))
  const waiting = [new Map<string, Fit>(), new Map<string, Fit>()] as const
  for (let open = true; open;) {
    open = false
    for (const [i, reader] of readers.entries()) {
      const { value, done } = await reader.next()
      if (done === true) continue
      open = true
      const { id, fit } = value
      const others = waiting[1 - i]!
      const other = others.get(id)
      if (other === undefined) waiting[i]!.set(id, fit)
      else {
        others.delete(id)
        yield i === 0 ? { id, a: fit, b: other } : { id, a: other, b: fit }
      }
    }
  }
}

async function* sharedRows(table: FitTable, both: ReadonlySet<string>) {
  for await (const row of eachRow(table, ...columns)) {
    const fit: Fit = row
    const id = fitId(fit)
    if (both.has(id)) yield { id, fit }
  }
}
