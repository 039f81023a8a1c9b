/** What `show` prints for an artifact, as data. */
import { own } from "../support/own.ts"
import { isProblem, Problem } from "../support/problem.ts"
import type { ItemFailure, Manifest, ItemId } from "../store/records/manifest.ts"
import { readItemIndex } from "../store/items/item-index.ts"
import {
  artifactItems,
  artifactObjects,
  type ArtifactTable,
  artifactTable
} from "../store/items/read-artifact.ts"
import { withoutTensors } from "../store/items/read-shard.ts"
import { selectItems } from "../store/items/segments.ts"
import type { Store } from "../store/store.ts"
import { elementsOf } from "../store/items/stored-tensor.ts"
import type { Accepted } from "../store/records/trace.ts"
import { cellJson } from "./cell-text.ts"
import { ColumnGatherer, type ColumnStatistics, typeText } from "./column-statistics.ts"
import { type MadeFrom, madeFrom } from "./made-from.ts"
import { lossJson } from "./run-json.ts"
import type { Referred } from "../project/reference.ts"
import { noItem } from "../project/choose-nodes.ts"

type Artifact = Extract<Referred, { readonly kind: "artifact" }>
type Row = Readonly<Record<string, unknown>>

export interface Described {
  readonly run: string | null
  readonly node: string | null
  readonly stage: string | null
  readonly artifact: string
  readonly form: string
  /** the name of the id column; null in a table */
  readonly label: string | null
  readonly items: number
  readonly rows: number
  readonly bytes: number
  readonly incomplete: boolean
  readonly partial: ReadonlyArray<string>
  /** absent or null if the stage computed it under its own key */
  readonly accepted?: Accepted | null
  readonly failed: ReadonlyArray<ItemFailure>
  /** what the node left out, as its run recorded it */
  readonly losses: ReadonlyArray<ReturnType<typeof lossJson>>
  readonly made: MadeFrom | null
  readonly columns: ReadonlyArray<ColumnStatistics>
  readonly tensors: ReadonlyArray<{
    readonly family: string
    readonly type: string
    readonly member: string
    readonly shape: ReadonlyArray<number>
    /** as stored and exported; null without rows. Stages read float32 either way. */
    readonly elements: "float32" | "float16" | null
    readonly digest: string | null
  }>
  readonly first: ReadonlyArray<Row>
}

export async function describeArtifact(artifact: Artifact, rows: number): Promise<Described> {
  const { store, manifest, node, run } = artifact
  const columns = await readable(() => statisticsOf(artifactTable(store, manifest), manifest))
  const first = await artifactObjects(store, manifest, { end: Math.min(rows, manifest.rows) })
  return {
    run: run?.id ?? null,
    node: node?.id ?? null,
    stage: node?.stage ?? null,
    artifact: manifest.digest,
    form: manifest.form,
    label: manifest.idColumn,
    items: manifest.items,
    rows: manifest.rows,
    bytes: manifest.bytes,
    incomplete: node?.incomplete ?? manifest.failed.length > 0,
    partial: node?.partial ?? [],
    accepted: node?.accepted ?? null,
    failed: manifest.failed,
    losses: (node?.losses ?? []).map((lost) => lossJson(node!.id, lost)),
    made: madeFrom(store, manifest, node),
    columns,
    tensors: tensorsOf(store, manifest),
    first: first.map((row) => rowJson(row, manifest))
  }
}

async function statisticsOf(
  table: ArtifactTable,
  manifest: Manifest
): Promise<ReadonlyArray<ColumnStatistics>> {
  const gatherers = Object.entries(withoutTensors(manifest.columns)).map(
    ([name, column]) => [name, new ColumnGatherer(name, column)] as const
  )
  for await (const batch of table.batches(gatherers.map(([name]) => name)))
    for (const [name, gatherer] of gatherers) gatherer.add(batch[name]!)
  return gatherers.map(([, gatherer]) => gatherer.result())
}

const tensorsOf = (store: Store, manifest: Manifest): Described["tensors"] =>
  Object.entries(manifest.families).flatMap(([family, { members, shapes }]) =>
    members.map((member) => ({
      family,
      type: typeText(manifest.columns[family]!),
      member,
      shape: own(shapes, member) ?? [],
      elements: elementsOf(store, manifest, family, member),
      digest: manifest.digests[`${family}/${member}`] ?? null
    }))
  )

export interface DescribedItem {
  readonly node: string
  readonly item: ItemId
  /** why it has no rows */
  readonly failed: string | null
  readonly total: number
  readonly rows: ReadonlyArray<Row>
}
/** In a table without items: the rows with the item's id in a text column. */
export async function itemRows(
  { store, manifest, name }: Artifact,
  item: ItemId,
  limit: number | null
): Promise<DescribedItem> {
  const answer = (rows: ReadonlyArray<Row>, failed: string | null = null): DescribedItem => ({
    node: name,
    item,
    failed,
    total: rows.length,
    rows: rows.slice(0, limit ?? rows.length).map((row) => rowJson(row, manifest))
  })
  if (manifest.form === "table") {
    const texts = Object.keys(manifest.columns).filter((column) => manifest.columns[column]!.type === "utf8")
    const all = await artifactObjects(store, manifest)
    const found = all.filter((row) => texts.some((column) => row[column] === item))
    if (found.length > 0) return answer(found)
    throw new Problem("Usage", `no row of "${name}" has "${item}" in a text column`, {
      field: item,
      hint: texts.length === 0 ? "it has no text columns" : `its text columns: ${texts.join(", ")}`
    })
  }
  const failed = manifest.failed.find((failure) => failure.item === item)
  if (failed !== undefined) return answer([], failed.error)
  const { ids, shard, itemIndex } = readItemIndex(store, manifest)
  const at = ids.indexOf(item)
  if (at < 0) throw noItem(name, item, ids)
  const alone = selectItems(manifest, [[shard[at]!, itemIndex[at]!]])
  const [found] = await artifactItems(store, alone, withoutTensors(manifest.columns))
  return answer(found!)
}

/** The id column first, then the other columns in order, without tensors. */
function rowJson(row: Row, { idColumn, columns }: Manifest): Row {
  const names = Object.keys(withoutTensors(columns))
  return {
    ...(idColumn === null ? {} : { [idColumn]: row["item"] }),
    ...Object.fromEntries(names.map((name) => [name, cellJson(row[name])]))
  }
}

/** Reports an unreadable artifact as damaged. */
async function readable<A>(read: () => Promise<A>): Promise<A> {
  try {
    return await read()
  } catch (error) {
    if (isProblem(error)) throw error
    throw new Problem("StoreCorrupt", `cannot read an artifact: ${(error as Error).message}`, {
      cause: error
    })
  }
}
