/** Similarity of members, group by group: the second pass, which knows the means and the dominating dimensions. */
import type { RowBlock } from "../align/row-block.ts"
import type { AlignedSide } from "../align/schema.ts"
import type { RowGroups } from "./groups.ts"
import { type MemberDrift, PairedRows, pairsThatDiffer } from "./member-drift.ts"
import { cosineOf, dominating, type RowDrift } from "./row-drift.ts"
import { Similarity, widestProducts } from "./similarity.ts"

/** Memory for sums; members and groups that do not fit take another pass. */
const mostBytes = 2 ** 27

export interface GroupSimilarity extends ReturnType<Similarity["result"]> {
  /** share of the squared mean that few dimensions carry, on either side */
  readonly share: readonly [number | null, number | null]
  /** the mean cosine without the dominating dimensions of both sides; null if widths differ */
  readonly cosineWithout: number | null
}

/** By member (its index in `drifts`) and group; undefined where the rows are too wide. */
export type Similarities = ReadonlyArray<ReadonlyMap<number, GroupSimilarity>>

/**
 * @param blocks the matched rows, from the start
 * @throws Problem StoreCorrupt
 */
export async function similarities(
  sides: readonly [AlignedSide, AlignedSide],
  drifts: ReadonlyArray<readonly [column: number, MemberDrift]>,
  groups: RowGroups,
  blocks: () => AsyncIterable<RowBlock>
): Promise<Similarities> {
  const found = drifts.map(() => new Map<number, GroupSimilarity>())
  const jobs = drifts.flatMap(([column, drift], member) =>
    Math.max(...drift.shared.tensor.widths) > widestProducts
      ? []
      : Array.from(drift.groups, ([group, rows]) => ({ member, column, drift, group, rows }))
  )
  for (const some of batchesOf(jobs)) {
    const gatherers = drifts.map(() => new Map<number, GroupGatherer>())
    for (const { member, group, rows } of some) gatherers[member]!.set(group, new GroupGatherer(rows))
    const readers = drifts.map(([, drift]) => new PairedRows(sides, drift.shared))
    for await (const block of blocks())
      drifts.forEach(([column], member) => {
        const own = gatherers[member]!
        if (own.size > 0) gather(block, pairsThatDiffer(block, column), groups, own, readers[member]!)
      })
    gatherers.forEach((own, member) =>
      own.forEach((gatherer, group) => found[member]!.set(group, gatherer.result()))
    )
  }
  return found
}

interface Job {
  readonly member: number
  readonly drift: MemberDrift
  readonly group: number
  readonly rows: RowDrift
}
function* batchesOf(jobs: ReadonlyArray<Job>): Generator<ReadonlyArray<Job>> {
  let batch: Array<Job> = []
  let bytes = 0
  for (const job of jobs) {
    const more = Similarity.bytes(job.drift.shared.tensor.widths)
    if (batch.length > 0 && bytes + more > mostBytes) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(job)
    bytes += more
  }
  if (batch.length > 0) yield batch
}

function gather(
  block: RowBlock,
  pairs: ReadonlyArray<number>,
  groups: RowGroups,
  gatherers: ReadonlyMap<number, GroupGatherer>,
  reader: PairedRows
): void {
  const groupOf = new Map(pairs.map((pair) => [pair, groups.of(block.rows[0], block.a[pair]!)]))
  const wanted = pairs.filter((pair) => gatherers.has(groupOf.get(pair)!))
  let unit = -1
  reader.each(block, wanted, (pair, a, b) => {
    if (block.unit[pair] !== unit) for (const gatherer of gatherers.values()) gatherer.endItem()
    unit = block.unit[pair]!
    gatherers.get(groupOf.get(pair)!)!.add(a, b)
  })
  for (const gatherer of gatherers.values()) gatherer.endItem()
}

function areFinite(values: Float32Array): boolean {
  for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k])) return false
  return true
}

/** Gathers the items of one member and group. */
class GroupGatherer {
  readonly #similarity: Similarity
  readonly #share: GroupSimilarity["share"]
  /** [width] 1 for dominating dimensions; null if widths differ or nothing is left out */
  readonly #isSkipped: Uint8Array | null
  readonly #sums: readonly [Float64Array, Float64Array]
  /** rows of the current item */
  #rows = 0
  #cosines = 0
  #cosine = 0
  constructor(drift: RowDrift) {
    const [x, y] = drift.sums!
    const finite = Math.max(1, drift.rows - drift.notFinite)
    const [ofX, ofY] = [dominating(x), dominating(y)]
    const isSameWidth = x.length === y.length
    const both = [...new Set([...ofX.dimensions, ...ofY.dimensions])]
    this.#share = [ofX.share, ofY.share]
    this.#similarity = new Similarity(
      [x.map((sum) => sum / finite), y.map((sum) => sum / finite)],
      isSameWidth ? [both, both] : [ofX.dimensions, ofY.dimensions]
    )
    this.#isSkipped = isSameWidth && both.length > 0 ? new Uint8Array(x.length) : null
    for (const k of both) if (this.#isSkipped !== null) this.#isSkipped[k] = 1
    this.#sums = [new Float64Array(x.length), new Float64Array(y.length)]
  }

  /** Rows with values that are not finite count for nothing. */
  add(a: Float32Array, b: Float32Array): void {
    if (!areFinite(a) || !areFinite(b)) return
    const [x, y] = this.#sums
    for (let k = 0; k < x.length; k++) x[k]! += a[k]!
    for (let k = 0; k < y.length; k++) y[k]! += b[k]!
    this.#rows++
    if (this.#isSkipped !== null) this.#addCosine(a, b, this.#isSkipped)
  }
  #addCosine(a: Float32Array, b: Float32Array, isSkipped: Uint8Array): void {
    let [aa, bb, ab, dd] = [0, 0, 0, 0]
    for (let k = 0; k < a.length; k++) {
      if (isSkipped[k] === 1) continue
      const x = a[k]!
      const y = b[k]!
      aa += x * x
      bb += y * y
      ab += x * y
      dd += (x - y) * (x - y)
    }
    const cosine = cosineOf(aa, bb, ab, dd)
    if (cosine === null) return
    this.#cosines++
    this.#cosine += cosine
  }

  endItem(): void {
    if (this.#rows === 0) return
    const [x, y] = this.#sums
    this.#similarity.add(x, y, this.#rows)
    x.fill(0)
    y.fill(0)
    this.#rows = 0
  }

  result(): GroupSimilarity {
    return {
      ...this.#similarity.result(),
      share: this.#share,
      cosineWithout: this.#cosines === 0 ? null : this.#cosine / this.#cosines
    }
  }
}
