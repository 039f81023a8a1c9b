/** How a member of a tensor family differs, row by row: the first pass over its values. */
import { type RowBlock, rowLabel } from "../align/row-block.ts"
import type { Shared, AlignedSide } from "../align/schema.ts"
import { type ColumnDifference, NumberDifferences } from "../columns/column-comparer.ts"
import { shownCell } from "../columns/cell-difference.ts"
import type { RowGroups } from "./groups.ts"
import { MemberRows } from "./member-rows.ts"
import { MovedMost } from "./moved-most.ts"
import { RowDrift, type RowMove } from "./row-drift.ts"

/** Values per side that are read at once. */
const mostValues = 2 ** 18
const mostExamples = 5

export type TensorShared = Shared & { readonly tensor: NonNullable<Shared["tensor"]> }

/** Reads the rows of both sides, some at a time. */
export class PairedRows {
  readonly #members: readonly [MemberRows, MemberRows]
  readonly #values: readonly [Float32Array, Float32Array]
  readonly #most: number
  constructor(
    sides: readonly [AlignedSide, AlignedSide],
    { tensor: { family, member, widths } }: TensorShared
  ) {
    const [d, e] = widths
    this.#most = Math.max(1, Math.floor(mostValues / Math.max(d, e)))
    this.#members = [
      new MemberRows(sides[0].store, sides[0].manifest, family, member, d),
      new MemberRows(sides[1].store, sides[1].manifest, family, member, e)
    ]
    this.#values = [new Float32Array(this.#most * d), new Float32Array(this.#most * e)]
  }

  /** Calls `use` with the values of each chosen pair of rows, which are valid during the call. */
  each(
    block: RowBlock,
    pairs: ReadonlyArray<number>,
    use: (pair: number, a: Float32Array, b: Float32Array) => void
  ): void {
    const of = [pairs.map((i) => block.a[i]!), pairs.map((i) => block.b[i]!)] as const
    const [x, y] = this.#members
    for (let from = 0; from < pairs.length; from += this.#most) {
      const to = Math.min(pairs.length, from + this.#most)
      x.read(block.rows[0], of[0], from, to, this.#values[0])
      y.read(block.rows[1], of[1], from, to, this.#values[1])
      for (let i = from, k = 0; i < to; i++, k++) {
        const a = this.#values[0].subarray(k * x.width, (k + 1) * x.width)
        use(pairs[i]!, a, this.#values[1].subarray(k * y.width, (k + 1) * y.width))
      }
    }
  }
}

/** The pairs of rows of items whose values in compared column `c` may differ. */
export const pairsThatDiffer = (block: RowBlock, c: number): ReadonlyArray<number> =>
  Array.from(block.unit.keys()).filter((i) => block.units[block.unit[i]!]!.differs[c])

export class MemberDrift {
  readonly shared: TensorShared
  /** rows of the items that differ, by group */
  readonly groups = new Map<number, RowDrift>()
  readonly rows = new MovedMost()
  /** by the mean of their rows' cosines; empty where an item is a row */
  readonly items = new MovedMost()
  readonly #column: number
  readonly #pairs: PairedRows
  readonly #elements: NumberDifferences
  readonly #first: Array<ColumnDifference["first"][number]> = []
  #changed = 0
  compared = 0
  /** `column`: its index among the compared columns */
  constructor(
    sides: readonly [AlignedSide, AlignedSide],
    shared: TensorShared,
    column: number,
    tolerance: number
  ) {
    this.shared = shared
    this.#column = column
    this.#pairs = new PairedRows(sides, shared)
    this.#elements = new NumberDifferences(tolerance)
  }

  /** Marks pairs of rows that differ in `changed`. */
  add(block: RowBlock, groups: Int32Array, changed: Uint8Array): void {
    this.compared += block.unit.length
    const { widths } = this.shared.tensor
    const isSameWidth = widths[0] === widths[1]
    let item = new ItemMove(-1)
    this.#pairs.each(block, pairsThatDiffer(block, this.#column), (pair, a, b) => {
      const drift = this.#group(groups[pair]!)
      if (!isSameWidth) {
        changed[pair] = 1
        this.#changed++
        drift.addNorms(sumUp(drift, 0, a), sumUp(drift, 1, b))
        return
      }
      const move = this.#compare(drift, a, b, (index) => {
        changed[pair] = 1
        this.#example(block, pair, index, a, b)
      })
      const unit = block.unit[pair]!
      const label = () => rowLabel(block, 0, unit, block.a[pair]!)
      this.rows.add(move, label)
      if (item.unit !== unit) {
        this.#endItem(block, item)
        item = new ItemMove(unit)
      }
      item.add(move)
    })
    this.#endItem(block, item)
  }

  #endItem(block: RowBlock, item: ItemMove): void {
    if (item.unit < 0 || block.units[item.unit]!.item === "" || block.units[item.unit]!.first === null) return
    this.items.add(item.mean(), () => block.units[item.unit]!.item)
  }

  #group(group: number): RowDrift {
    let drift = this.groups.get(group)
    if (drift === undefined) this.groups.set(group, (drift = new RowDrift(this.shared.tensor.widths)))
    return drift
  }

  /** `onChange` receives the index of the element that differs most, if one does. */
  #compare(drift: RowDrift, a: Float32Array, b: Float32Array, onChange: (index: number) => void): RowMove {
    const { length } = a
    let [aa, bb, ab, dd, largest, at] = [0, 0, 0, 0, 0, -1]
    for (let k = 0; k < length; k++) {
      const x = a[k]!
      const y = b[k]!
      aa += x * x
      bb += y * y
      ab += x * y
      // NaN equals NaN, and an infinity itself
      if (x === y || (x !== x && y !== y)) continue
      const difference = Math.abs(x - y)
      dd += difference * difference
      this.#elements.add(difference)
      if (difference > largest || at < 0) at = k
      if (difference > largest) largest = difference
    }
    if (at >= 0) {
      this.#changed++
      onChange(at)
    }
    if (drift.sums !== null && Number.isFinite(aa + bb)) {
      addTo(drift.sums[0], a)
      addTo(drift.sums[1], b)
    }
    return drift.add(aa, bb, ab, dd, largest)
  }

  #example(block: RowBlock, pair: number, index: number, a: Float32Array, b: Float32Array): void {
    if (this.#first.length === mostExamples) return
    const key = rowLabel(block, 0, block.unit[pair]!, block.a[pair]!)
    this.#first.push({
      key,
      before: { index, value: shownCell(a[index]) },
      after: { index, value: shownCell(b[index]) }
    })
  }

  get exceedsTolerance(): boolean {
    const { widths } = this.shared.tensor
    return this.#elements.exceed || (widths[0] !== widths[1] && this.#changed > 0)
  }
  difference(): ColumnDifference {
    const { compared } = this
    const numbers = this.#elements.result()
    return { column: this.shared.name, changed: this.#changed, compared, ...numbers, first: this.#first }
  }

  /** All groups as one, if there turned out to be too many. */
  finish(groups: RowGroups): void {
    if (!groups.isOne || this.groups.size < 2) return
    const [[, first], ...others] = [...this.groups] as [[number, RowDrift], ...Array<[number, RowDrift]>]
    for (const [, drift] of others) first.merge(drift)
    this.groups.clear()
    this.groups.set(0, first)
  }
}

function addTo(sum: Float64Array, values: Float32Array): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += values[k]!
}

/** The sum of squares; adds finite rows to the sums of the side. */
function sumUp({ sums }: RowDrift, side: 0 | 1, values: Float32Array): number {
  let square = 0
  for (let k = 0; k < values.length; k++) square += values[k]! * values[k]!
  if (sums !== null && Number.isFinite(square)) addTo(sums[side], values)
  return square
}

/** The move of an item: means over its rows. */
class ItemMove {
  readonly unit: number
  #cosines = 0
  #cosine = 0
  #errors = 0
  #error = 0
  #largest = 0
  constructor(unit: number) {
    this.unit = unit
  }
  add({ cosine, relative, largest }: RowMove): void {
    if (cosine !== null) {
      this.#cosines++
      this.#cosine += cosine
    }
    if (relative !== null) {
      this.#errors++
      this.#error += relative
    }
    if (largest > this.#largest) this.#largest = largest
  }
  mean(): RowMove {
    return {
      cosine: this.#cosines === 0 ? null : this.#cosine / this.#cosines,
      relative: this.#errors === 0 ? null : this.#error / this.#errors,
      largest: this.#largest
    }
  }
}
