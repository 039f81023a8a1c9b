/** Aligns tables without items: rows by row key, or by position. */
import { partsOf, rowBatches } from "../../store/items/artifact-rows.ts"
import type { Vectors } from "../../store/items/read-artifact.ts"
import { Order, type Unread } from "./aligned-items.ts"
import { joined, type Keyed, type KeyedStream, type Matched } from "./join.ts"
import { BlockBuilder, keyText, type RowBlock, type SideRows } from "./row-block.ts"
import type { SharedSchema, AlignedSide } from "./schema.ts"

/** A row of a batch of rows. */
interface StreamedRow extends Keyed {
  readonly vectors: Vectors
  /** its index in the vectors */
  readonly i: number
  readonly shard: number
  /** its index in the shard */
  readonly row: number
}

/** Rows per block. */
const mostRows = 2 ** 13
/** Memory for rows that wait for their partners. */
const waitingBytes = 2 ** 26

/**
 * All matched rows. Columns with equal digests are not read. If the row key's columns are all equal, so are the keys at
 * each position, and rows are matched by it.
 *
 * @throws Problem StoreCorrupt
 */
export async function* alignedTable(
  sides: readonly [AlignedSide, AlignedSide],
  { shared, key }: SharedSchema,
  columns: ReadonlyArray<string>,
  unread: Unread
): AsyncGenerator<RowBlock> {
  const [a, b] = sides.map(({ manifest }) => manifest) as [AlignedSide["manifest"], AlignedSide["manifest"]]
  const isEqual = (name: string) => a.digests[name] === b.digests[name]
  const differs = shared.map(({ name, digests }) => !(digests && isEqual(name)))
  const isByPosition = key.every((name) => isEqual(name) && sameType(a.columns[name], b.columns[name]))
  if (a.rows === b.rows && isByPosition && !differs.includes(true)) {
    for (let row = 0; row < a.rows; row++) unread.equal(1)
    return
  }
  const names = [...key, ...columns.filter((name) => differs[shared.findIndex((one) => one.name === name)])]
  const streams = sides.map((side) => rowStream(side, names, isByPosition ? [] : key))
  const bytes = Math.max(a.bytes / Math.max(1, a.rows), b.bytes / Math.max(1, b.rows))
  const most = Math.floor(waitingBytes / (200 + 80 * names.length + 4 * Math.min(bytes, 2 ** 16)))
  const order = new Order(unread)
  const onRepeated = (text: string) => unread.repeated(text)
  for await (const pairs of joined(streams[0]!, streams[1]!, most, onRepeated)) {
    const matched: Array<readonly [StreamedRow, StreamedRow]> = []
    for (const pair of pairs) {
      const [x, y] = pair
      if (x === null || y === null) unread.alone(x === null ? 1 : 0, labelOf(pair, key), 1)
      else {
        order.add(x.at, y.at)
        matched.push([x, y])
      }
    }
    for (let from = 0; from < matched.length; from += mostRows)
      yield blockOf(matched.slice(from, from + mostRows), names, key, differs)
  }
}

const sameType = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

function labelOf([x, y]: Matched<StreamedRow>, key: ReadonlyArray<string>): string {
  const one = (x ?? y)!
  return key.length === 0
    ? `row ${one.at}`
    : key.map((name) => `${name} ${String(one.vectors[name]![one.i])}`).join(" · ")
}

function rowStream(
  { store, manifest }: AlignedSide,
  names: ReadonlyArray<string>,
  key: ReadonlyArray<string>
): KeyedStream<StreamedRow> {
  return {
    length: manifest.rows,
    async *chunks() {
      let at = 0
      // rows of a table come in the order of its shards
      let [shard, start] = [0, 0]
      const read = rowBatches(store, partsOf(store, manifest), async (file, from, to) => ({
        items: null,
        vectors: await file.read({ columns: names, start: from, end: to })
      }))
      for await (const { rows, vectors } of read) {
        const chunk: Array<StreamedRow> = []
        for (let i = 0; i < rows; i++, at++) {
          while (at >= start + manifest.shards[shard]!.rows) start += manifest.shards[shard++]!.rows
          const text = key.length === 0 ? String(at) : keyText(vectors, key, i)
          chunk.push({ key: text, at, vectors, i, shard, row: at - start })
        }
        yield chunk
      }
    },
    keep: (one) => ({
      ...one,
      vectors: Object.fromEntries(names.map((name) => [name, [one.vectors[name]![one.i]]])),
      i: 0
    })
  }
}

function blockOf(
  matched: ReadonlyArray<readonly [StreamedRow, StreamedRow]>,
  names: ReadonlyArray<string>,
  key: ReadonlyArray<string>,
  differs: ReadonlyArray<boolean>
): RowBlock {
  const builder = new BlockBuilder()
  const gathered = ([0, 1] as const).map((side): SideRows => ({
    vectors: Object.fromEntries(
      names.map((name) => [name, matched.map((pair) => pair[side].vectors[name]![pair[side].i])])
    ),
    shard: Int32Array.from(matched, (pair) => pair[side].shard),
    row: Int32Array.from(matched, (pair) => pair[side].row)
  }))
  matched.forEach(([x, y], i) => {
    builder.units.push({ item: "", differs, first: [x.at - i, y.at - i] })
    builder.add(i, i, i)
  })
  return builder.block([gathered[0]!, gathered[1]!], key)
}
