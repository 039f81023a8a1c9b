/** What two artifacts have in common: columns, members of tensor families, and the columns that name a row. */
import type { AnyColumn } from "../../pipeline/columns.ts"
import { typeText } from "../../inspect/column-statistics.ts"
import { own } from "../../support/own.ts"
import { usage } from "../../support/problem.ts"
import { canonicalJson } from "../../store/format/canonical-json.ts"
import type { Manifest } from "../../store/records/manifest.ts"
import type { Store } from "../../store/store.ts"

/** One side of a comparison. */
export interface AlignedSide {
  readonly store: Store
  readonly manifest: Manifest
  /** the columns that, with the item, name a row; null if they are not known */
  readonly rowKey: ReadonlyArray<string> | null
}

/** A column, or a member of a tensor family, that both sides have. */
export interface Shared {
  /** the name in digests: `family/member` for a member */
  readonly name: string
  readonly tensor: {
    readonly family: string
    readonly member: string
    /** values per row on either side */
    readonly widths: readonly [number, number]
  } | null
  readonly a: AnyColumn
  readonly b: AnyColumn
  /** whether equal digests mean equal values and different ones different values */
  readonly digests: boolean
}
export interface SchemaChange {
  /** the type; null if that side lacks the column */
  readonly column: string
  readonly before: string | null
  readonly after: string | null
}
export interface SharedSchema {
  readonly changes: ReadonlyArray<SchemaChange>
  /** compared columns and members, without the row key */
  readonly shared: ReadonlyArray<Shared>
  /** the columns that name a row; empty: its position */
  readonly key: ReadonlyArray<string>
  /** those of `key` that hold text */
  readonly textKey: ReadonlyArray<string>
}

/** @throws Problem Usage if one side has items and the other has none: then nothing can be matched */
export function sharedSchema(a: AlignedSide, b: AlignedSide): SharedSchema {
  const [before, after] = [a.manifest, b.manifest]
  if ((before.form === "table") !== (after.form === "table"))
    throw usage(
      "one artifact has items and the other is a table without items, so their rows cannot be matched",
      null,
      "compare two artifacts of one stage"
    )
  const changes: Array<SchemaChange> = []
  const shared: Array<Shared> = []
  const key = keyOf(a, b)
  if (before.idColumn !== after.idColumn)
    changes.push({ column: "items", before: before.idColumn, after: after.idColumn })
  for (const name of new Set([...Object.keys(before.columns), ...Object.keys(after.columns)])) {
    const [x, y] = [own(before.columns, name), own(after.columns, name)]
    const [was, is] = [x, y].map((column) => (column === undefined ? null : typeText(column)))
    if (was !== is) changes.push({ column: name, before: was!, after: is! })
    if (x === undefined || y === undefined || !areComparable(x, y)) continue
    if (x.type === "tensors") members(before, after, name, x, y, changes, shared)
    else if (!key.includes(name))
      shared.push({ name, tensor: null, a: x, b: y, digests: canonicalJson(x) === canonicalJson(y) })
  }
  const textKey = key.filter((name) => plain(before.columns[name]!).type === "utf8")
  return { changes, shared, key, textKey }
}

function members(
  before: Manifest,
  after: Manifest,
  family: string,
  a: AnyColumn,
  b: AnyColumn,
  changes: Array<SchemaChange>,
  shared: Array<Shared>
): void {
  const [x, y] = [own(before.families, family), own(after.families, family)]
  // a family without rows does not know its members
  if (before.rows === 0 || after.rows === 0) return
  const shapeOf = (shapes: Readonly<Record<string, ReadonlyArray<number>>> | undefined, member: string) =>
    shapes === undefined ? undefined : own(shapes, member)
  const text = (shape: ReadonlyArray<number> | undefined) =>
    shape === undefined ? null : `[${shape.join(" × ")}]`
  for (const member of new Set([...(x?.members ?? []), ...(y?.members ?? [])])) {
    const shapes = [shapeOf(x?.shapes, member), shapeOf(y?.shapes, member)] as const
    const name = `${family}/${member}`
    if (text(shapes[0]) !== text(shapes[1]))
      changes.push({ column: name, before: text(shapes[0]), after: text(shapes[1]) })
    if (shapes[0] === undefined || shapes[1] === undefined) continue
    const widths = [valuesPerRow(shapes[0]), valuesPerRow(shapes[1])] as const
    shared.push({ name, tensor: { family, member, widths }, a, b, digests: true })
  }
}

const valuesPerRow = (shape: ReadonlyArray<number>) => shape.reduce((product, one) => product * one, 1)

/**
 * The row key if both sides have one and all of its columns, else nothing. The keys of two versions of a stage may
 * differ: their common columns need not name a row any more, so such rows are matched by position.
 */
function keyOf(a: AlignedSide, b: AlignedSide): ReadonlyArray<string> {
  const [x, y] = [a.rowKey ?? b.rowKey, b.rowKey ?? a.rowKey]
  if (x === null || y === null || x.toSorted().join("\n") !== y.toSorted().join("\n")) return []
  const isKey = ({ columns }: Manifest) => x.every((name) => own(columns, name) !== undefined)
  if (!isKey(a.manifest) || !isKey(b.manifest)) return []
  return x.every((name) => areComparable(a.manifest.columns[name]!, b.manifest.columns[name]!)) ? x : []
}

const plain = (column: AnyColumn): AnyColumn =>
  column.type === "nullable" ? plain(column.detail as AnyColumn) : column
const numbers = new Set(["int32", "float64"])

/** Whether values of the two types can be compared: nullable or not, whole numbers or not. */
function areComparable(a: AnyColumn, b: AnyColumn): boolean {
  const [x, y] = [plain(a), plain(b)]
  if (numbers.has(x.type) && numbers.has(y.type)) return true
  if (x.type !== y.type) return false
  return x.type !== "list" || areComparable(x.detail as AnyColumn, y.detail as AnyColumn)
}

/** Whether its values are numbers, or lists of them. */
export function isNumeric(column: AnyColumn): boolean {
  const { type, detail } = plain(column)
  return numbers.has(type) || (type === "list" && isNumeric(detail as AnyColumn))
}
