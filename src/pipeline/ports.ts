/**
 * Ports: how a stage reads its inputs, and the form of a node's output.
 *
 * `each` and `group` are joined by item id (one row per item, any number of rows per item); `whole` and
 * `many` give whole artifacts; `member` gives each item the one tensor of a family that it names, and
 * `memberNames` only the names of a family's tensors. A port names the columns that it reads, and a stage gets
 * no others.
 */
import type { CellOf, Columns, Row, Tensors } from "./columns.ts"

/** One row per item, any number of rows per item, or rows that belong to no item. */
export type Form = "row per item" | "rows per item" | "table"

export interface Output<out C extends Columns, out F extends Form> {
  readonly form: F
  readonly columns: C
}
export const one = <const C extends Columns>(columns: C): Output<C, "row per item"> => ({
  form: "row per item",
  columns
})
export const rows = <const C extends Columns>(columns: C): Output<C, "rows per item"> => ({
  form: "rows per item",
  columns
})
export const table = <const C extends Columns>(columns: C): Output<C, "table"> => ({ form: "table", columns })

export type PortMode = "each" | "group" | "whole" | "many" | "member" | "memberNames"
export interface Port<out C extends Columns, out T extends PortMode> {
  readonly mode: T
  readonly reads: C
  /** of a `member` port */
  readonly member?: MemberOf
  /** true if a node may leave it out */
  readonly optional?: boolean
}
export type OptionalPort<C extends Columns, T extends PortMode> = Port<C, T> & { readonly optional: true }
/**
 * A port that a node may leave out: the stage then gets `undefined`, and the key holds nothing of it. A node that
 * connects it later becomes stale.
 */
export const optional = <const C extends Columns, const T extends "group" | "whole" | "many">(
  port: Port<C, T>
): OptionalPort<C, T> => ({ ...port, optional: true })
/** Where a `member` port finds its artifact, and the names of its items' members. */
export interface MemberOf {
  /** the `whole` port with the artifact: row i of a member's matrix belongs to row i of that port's columns */
  readonly of: string
  /** `port.column` of an `each` port: the text column that names an item's member */
  readonly by: string
}
export type Ports = { readonly [name: string]: Port<Columns, PortMode> }
/** One row per item, joined by item id. */
export const each = <const C extends Columns>(reads: C): Port<C, "each"> => ({ mode: "each", reads })
/** All rows of an item, joined by item id. */
export const group = <const C extends Columns>(reads: C): Port<C, "group"> => ({ mode: "group", reads })
/** A whole artifact. */
export const whole = <const C extends Columns>(reads: C): Port<C, "whole"> => ({ mode: "whole", reads })
/** Any number of whole artifacts, at least one. */
export const many = <const C extends Columns>(reads: C): Port<C, "many"> => ({ mode: "many", reads })

type Family<F extends string> = { readonly [K in F]: Tensors<ReadonlyArray<string>> }
const familyOf = <const F extends string>(family: F): Family<F> =>
  ({ [family]: { type: "tensors" } }) as unknown as Family<F>
/**
 * For each item, the one member of a tensor family that the item names. Its key holds the digest of that member
 * and of no other, so that a new member, or a changed one, leaves the other items as they are. Other members
 * cannot be read. An item that names no member of the family fails.
 *
 * The port has no input of its own: it reads the artifact of the `whole` port `of`.
 */
export const member = <const F extends string>(family: F, member: MemberOf): Port<Family<F>, "member"> => ({
  mode: "member",
  reads: familyOf(family),
  member
})
/** The names of a tensor family's members, in order. The key holds these names and nothing else of the input. */
export const memberNames = <const F extends string>(family: F): Port<Family<F>, "memberNames"> => ({
  mode: "memberNames",
  reads: familyOf(family)
})

type TensorNames<C extends Columns> = {
  [K in keyof C & string]: C[K] extends Tensors<ReadonlyArray<string>> ? K : never
}[keyof C & string]
type PlainNames<C extends Columns> = Exclude<keyof C & string, TensorNames<C>>
/** Parallel columns: `item` holds each row's item id ("" in a table without items). */
export type Read<C extends Columns, K extends keyof C & string> = {
  readonly [N in K]: ReadonlyArray<CellOf<C[N]>>
} & { readonly item: ReadonlyArray<string> }

/** The matrix of one member of a tensor family: row i belongs to row i of the plain columns. */
export interface TensorBlock {
  readonly rows: number
  /** of one row */
  readonly shape: ReadonlyArray<number>
  /** rows × product of `shape`, row-major */
  readonly data: Float32Array
}

/** The member that an item names, over all rows of the artifact. */
export interface Member {
  readonly rows: number
  /** of one row */
  readonly shape: ReadonlyArray<number>
  /** A copy of some rows, or of all, in this order: rows × product of `shape`, row-major. */
  read(rows?: ArrayLike<number>): Promise<Float32Array>
}

/**
 * A whole artifact: columns at once, or batch by batch in constant memory. It has the columns that the port
 * declares; reading any other throws and fails the node.
 */
export interface Table<C extends Columns> {
  readonly rows: number
  /** the ids of its items in order, including items without rows; none in a table without items */
  items(): AsyncIterable<string>
  read<K extends PlainNames<C>>(...columns: ReadonlyArray<K>): Promise<Read<C, K>>
  /** Batches depend only on the rows: at most 8192 rows, or 8 MiB of the columns read. */
  batches<K extends PlainNames<C>>(...columns: ReadonlyArray<K>): AsyncIterable<Read<C, K>>
  /** the members of a tensor family, in the order in which they were made */
  members(family: TensorNames<C>): ReadonlyArray<string>
  tensor(family: TensorNames<C>, member: string): Promise<TensorBlock>
}

/** The value that a port passes to a stage's function. */
export type Given<P> = P extends { readonly optional: true } ? GivenValue<P> | undefined : GivenValue<P>
type GivenValue<P> =
  P extends Port<infer C, infer T>
    ? T extends "each"
      ? Row<C>
      : T extends "group"
        ? ReadonlyArray<Row<C>>
        : T extends "whole"
          ? Table<C>
          : T extends "member"
            ? Member
            : T extends "memberNames"
              ? ReadonlyArray<string>
              : ReadonlyArray<Table<C>>
    : never
/** The modes of ports with a value per item. */
export type ItemMode = "each" | "group" | "member"
export type PerItem<I extends Ports> = {
  readonly [K in keyof I as I[K]["mode"] extends ItemMode ? K : never]: Given<I[K]>
}
export type Broadcast<I extends Ports> = {
  readonly [K in keyof I as I[K]["mode"] extends ItemMode ? never : K]: Given<I[K]>
}
