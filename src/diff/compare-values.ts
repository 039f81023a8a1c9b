/** Compares the values of two artifacts by what their schemas say, without any code of the stage. */
import type { ComparisonTable } from "../pipeline/comparison.ts"
import { own } from "../support/own.ts"
import { alignedItems, type Unread } from "./align/aligned-items.ts"
import { alignedTable } from "./align/aligned-table.ts"
import { type RowBlock, rowLabel } from "./align/row-block.ts"
import { sharedSchema, type SharedSchema } from "./align/schema.ts"
import { ColumnComparer } from "./columns/column-comparer.ts"
import { FateCounts } from "./fate-counts.ts"
import { driftRows, type DriftRow, driftTable, movedTable } from "./tensors/drift-tables.ts"
import { RowGroups } from "./tensors/groups.ts"
import { MemberDrift, type TensorShared } from "./tensors/member-drift.ts"
import { similarities } from "./tensors/member-similarity.ts"
import { valueLines } from "./value-lines.ts"
import type { Side, ValueDifference, ValueOptions } from "./values.ts"

/**
 * How the values of two artifacts differ: rows matched by item and row key, columns compared by type, tensors measured
 * (docs/diff-values.md). Memory does not grow with rows.
 *
 * @throws Problem Usage if one side has items and the other has none; StoreCorrupt if an object is missing or damaged
 * @throws the signal's reason when it is aborted
 */
export async function compareValues(a: Side, b: Side, options: ValueOptions): Promise<ValueDifference> {
  const sides = [a, b] as const
  const schema = sharedSchema(a, b)
  const comparison = new Comparison(sides, schema, options)
  if (a.manifest.digest === b.manifest.digest) comparison.allEqual()
  else for await (const block of comparison.blocks(comparison.unread)) comparison.add(block)
  return comparison.result()
}

class Comparison {
  readonly #sides: readonly [Side, Side]
  readonly #schema: SharedSchema
  readonly #signal: AbortSignal | undefined
  readonly #isTable: boolean
  /** with their indices among the compared columns */
  readonly #plain: ReadonlyArray<readonly [number, string, ColumnComparer]>
  readonly #tensors: ReadonlyArray<readonly [number, MemberDrift]>
  readonly #groups: RowGroups
  readonly #items = new FateCounts()
  readonly #rows = new FateCounts()
  #isReordered = false
  #repeated = 0

  constructor(sides: readonly [Side, Side], schema: SharedSchema, { tolerance, signal }: ValueOptions) {
    this.#sides = sides
    this.#schema = schema
    this.#signal = signal
    this.#isTable = sides[0].manifest.form === "table"
    this.#groups = new RowGroups(schema.textKey)
    const toleranceOf = (...names: ReadonlyArray<string>) => {
      for (const name of [...names, "*"]) {
        const value = own(tolerance, name)
        if (value !== undefined) return value
      }
      return 0
    }
    this.#plain = schema.shared.flatMap((one, c) =>
      one.tensor === null
        ? [
            [
              c,
              one.name,
              new ColumnComparer(one.name, one.a.type === "nullable" ? one.a : one.b, toleranceOf(one.name))
            ] as const
          ]
        : []
    )
    this.#tensors = schema.shared.flatMap((one, c) =>
      one.tensor === null
        ? []
        : [
            [
              c,
              new MemberDrift(sides, one as TensorShared, c, toleranceOf(one.name, one.tensor.family))
            ] as const
          ]
    )
  }

  readonly unread: Unread = {
    equal: (rows) => {
      if (!this.#isTable) this.#items.same++
      this.#equalRows(rows)
    },
    alone: (side, label, rows) => {
      const what = side === 0 ? "removed" : "added"
      if (!this.#isTable) this.#items.count(what, 1, () => label)
      this.#rows.count(what, rows, () => label)
    },
    reordered: () => (this.#isReordered = true),
    repeated: () => this.#repeated++
  }
  #equalRows(rows: number): void {
    this.#rows.same += rows
    for (const [, , comparer] of this.#plain) comparer.compared += rows
    for (const [, drift] of this.#tensors) drift.compared += rows
  }
  allEqual(): void {
    const { items, rows } = this.#sides[0].manifest
    this.#items.same = items
    this.#equalRows(rows)
  }

  async *blocks(unread: Unread, names = this.#plain.map(([, name]) => name)): AsyncGenerator<RowBlock> {
    const aligned = this.#isTable ? alignedTable : alignedItems
    for await (const block of aligned(this.#sides, this.#schema, names, unread)) {
      this.#signal?.throwIfAborted()
      yield block
    }
  }

  add(block: RowBlock): void {
    const { unit, units, a, b, rows } = block
    const changed = new Uint8Array(unit.length)
    const key = (i: number) => rowLabel(block, 0, unit[i]!, a[i]!)
    for (const [c, name, comparer] of this.#plain) {
      const [before, after] = [own(rows[0].vectors, name), own(rows[1].vectors, name)]
      for (let i = 0; i < unit.length; i++)
        if (!units[unit[i]!]!.differs[c]) comparer.compared++
        else if (comparer.compare(before![a[i]!], after![b[i]!], () => key(i))) changed[i] = 1
    }
    if (this.#tensors.length > 0) {
      const groups = Int32Array.from(unit, (_, i) => this.#groups.of(rows[0], a[i]!))
      for (const [, drift] of this.#tensors) drift.add(block, groups, changed)
    }
    this.#count(block, changed, key)
  }

  #count(block: RowBlock, changed: Uint8Array, key: (i: number) => string): void {
    const isUnitChanged = new Uint8Array(block.units.length)
    changed.forEach((is, i) => {
      if (is === 0) this.#rows.same++
      else {
        this.#rows.count("changed", 1, () => key(i))
        isUnitChanged[block.unit[i]!] = 1
      }
    })
    for (const [what, some, side] of [
      ["removed", block.removed, 0],
      ["added", block.added, 1]
    ] as const)
      for (const { unit, row } of some) {
        this.#rows.count(what, 1, () => rowLabel(block, side, unit, row))
        isUnitChanged[unit] = 1
      }
    this.#repeated += block.repeated
    if (this.#isTable) return
    isUnitChanged.forEach((is, unit) => {
      if (is === 0) this.#items.same++
      else this.#items.count("changed", 1, () => block.units[unit]!.item)
    })
  }

  async result(): Promise<ValueDifference> {
    const [a, b] = this.#sides.map(({ manifest }) => manifest) as [Side["manifest"], Side["manifest"]]
    const { changes } = this.#schema
    const items = this.#isTable ? null : this.#items.result()
    const rows = this.#rows.result()
    const failedAlike =
      JSON.stringify(a.failed.map(({ item }) => item)) === JSON.stringify(b.failed.map(({ item }) => item))
    const isSame =
      changes.length + rows.added + rows.removed + (items?.added ?? 0) + (items?.removed ?? 0) === 0 &&
      failedAlike &&
      ![...this.#plain.map(([, , one]) => one), ...this.#tensors.map(([, one]) => one)].some(
        ({ exceedsTolerance }) => exceedsTolerance
      )
    const verdict = isSame ? "same" : "different"
    const byName = new Map([
      ...this.#plain.map(([, name, comparer]) => [name, comparer.result()] as const),
      ...this.#tensors.map(([, drift]) => [drift.shared.name, drift.difference()] as const)
    ])
    const columns = this.#schema.shared.map(({ name }) => byName.get(name)!)
    const drift = await this.#drift()
    const lines = valueLines({
      isEqual: a.digest === b.digest,
      verdict,
      schema: changes,
      items,
      rows,
      columns,
      drift,
      isReordered: this.#isReordered,
      repeated: this.#repeated,
      key: this.#schema.key,
      failed: [a.failed.length, b.failed.length],
      groups: this.#groups
    })
    return { verdict, schema: changes, items, rows, columns, tables: this.#tables(drift), lines }
  }

  /** Measures the members: a second pass over the rows of those that differ. */
  async #drift(): Promise<ReadonlyArray<DriftRow>> {
    for (const [, drift] of this.#tensors) drift.finish(this.#groups)
    const ignored: Unread = { equal() {}, alone() {}, reordered() {}, repeated() {} }
    const blocks = () => this.blocks(ignored, [])
    const similar = await similarities(this.#sides, this.#tensors, this.#groups, blocks)
    return driftRows(
      this.#tensors.map(([, drift]) => drift),
      similar,
      this.#groups
    )
  }
  #tables(drift: ReadonlyArray<DriftRow>): Readonly<Record<string, ComparisonTable>> {
    const drifts = this.#tensors.map(([, one]) => one)
    if (drifts.length === 0) return {}
    const rows = movedTable("rows that moved most, by cosine", "row", drifts, (one) => one.rows)
    const items = movedTable(
      "items that moved most, by the mean cosine of their rows",
      "item",
      drifts,
      (one) => one.items
    )
    return {
      drift: driftTable(drift, this.#groups),
      moved_most: rows,
      ...(items.rows.length === 0 ? {} : { moved_items: items })
    }
  }
}
