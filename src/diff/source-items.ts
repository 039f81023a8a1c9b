/** The items that a source gave to one side alone, or with other values: `5 scenes added, 1 removed, 3 images changed`. */
import { changedItems } from "../plan/item-changes.ts"
import { type Manifest, valueColumns } from "../store/records/manifest.ts"
import type { Store } from "../store/store.ts"
import { count, counted } from "../support/numbers.ts"
import { isOther, type Traced } from "./pairs.ts"

/** Plain JSON. */
export interface ItemsThatDiffer {
  /** what the source calls them */
  readonly kind: string
  readonly added: SomeItems
  readonly removed: SomeItems
  /** items of both sides with other values */
  readonly changed: SomeItems
  /** of the changed items: in how many each column differs */
  readonly columns: Readonly<Record<string, number>>
}
export interface SomeItems {
  readonly count: number
  /** the first ones, at most five */
  readonly examples: ReadonlyArray<string>
}

const mostExamples = 5

/**
 * By the id of the pair. Reads sidecars, no values.
 *
 * @throws Problem StoreCorrupt if a sidecar is damaged
 */
export async function sourceItems(
  all: ReadonlyArray<Traced>,
  stores: { readonly a: Store; readonly b: Store }
): Promise<ReadonlyMap<string, ItemsThatDiffer>> {
  const found = new Map<string, ItemsThatDiffer>()
  for (const { pair, a, b } of all) {
    if (!isOther(pair) || a === null || b === null) continue
    if ([a, b].some(({ preimage }) => Object.keys(preimage.inputs).length > 0)) continue
    const before = stores.a.manifest(pair.a.artifact ?? "")
    const after = stores.b.manifest(pair.b.artifact ?? "")
    if (before?.idColumn == null || after?.idColumn == null) continue
    const { readItemIndex } = await import("../store/items/item-index.ts")
    const columns = [...new Set([...columnsOf(before), ...columnsOf(after)])]
    const changes = changedItems(readItemIndex(stores.a, before), readItemIndex(stores.b, after), columns)
    const counts = new Map<string, number>()
    for (const one of changes.changed)
      for (const column of one.columns) counts.set(column, (counts.get(column) ?? 0) + 1)
    const told = {
      kind: after.idColumn,
      added: some(changes.added),
      removed: some(changes.removed),
      changed: some(changes.changed.map(({ item }) => item)),
      columns: Object.fromEntries(
        columns.flatMap((column) => (counts.has(column) ? [[column, counts.get(column)!]] : []))
      )
    }
    if (told.added.count + told.removed.count + told.changed.count > 0) found.set(pair.id, told)
  }
  return found
}

const columnsOf = (manifest: Manifest) =>
  Object.keys(manifest.columns).flatMap((column) => valueColumns(manifest, column))
const some = (items: ReadonlyArray<string>): SomeItems => ({
  count: items.length,
  examples: items.slice(0, mostExamples)
})

/** `5 scenes added (s1, s2, …), 1 removed (s9), 3 changed (s3, …): image in 3` */
export function itemsSentence({ kind, added, removed, changed, columns }: ItemsThatDiffer): string {
  const parts = [
    { word: "added", of: added },
    { word: "removed", of: removed },
    { word: "changed", of: changed }
  ].filter(({ of }) => of.count > 0)
  const texts = parts.map(({ word, of }, i) => {
    const number = i === 0 ? counted(of.count, kind) : count(of.count)
    return `${number} ${word} (${of.examples.join(", ")}${of.count > of.examples.length ? ", …" : ""})`
  })
  const changes = Object.entries(columns)
    .toSorted(([, x], [, y]) => y - x)
    .map(([column, n]) => `${column} in ${count(n)}`)
  return `${texts.join(", ")}${changes.length === 0 ? "" : `: ${changes.join(", ")}`}`
}
