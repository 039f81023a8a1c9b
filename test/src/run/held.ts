/** What a store holds of an artifact, read back from its files. */
import { readItemIndex } from "../../../src/store/items/item-index.ts"
import { artifactItems, artifactObjects } from "../../../src/store/items/read-artifact.ts"
import type { Store } from "../../../src/store/store.ts"

type Row = Readonly<Record<string, unknown>>
export interface Held {
  /** ids in their order with the rows of each, be they none; null in a table */
  readonly items: ReadonlyArray<readonly [id: string, rows: ReadonlyArray<Row>]> | null
  /** all rows, as `show` reads them */
  readonly rows: ReadonlyArray<Row>
  /** ids of items that failed here */
  readonly failed: ReadonlyArray<string>
}

/** Both ways to the rows: item by item, as itemwise stages read them, and one after the other. */
export async function heldIn(store: Store, artifact: string): Promise<Held> {
  const manifest = await store.manifest(artifact)
  if (manifest === null) throw new Error(`the store has no manifest ${artifact}`)
  const rows = await artifactObjects(store, manifest)
  const failed = manifest.failed.map(({ item }) => item)
  if (manifest.idColumn === null) return { items: null, rows, failed }
  const { ids } = await readItemIndex(store, manifest)
  const read = await artifactItems(store, manifest, manifest.columns)
  if (read.length !== ids.length) throw new Error(`${ids.length} items, but rows of ${read.length}`)
  return { items: ids.map((id, i) => [id, read[i]!] as const), rows, failed }
}
