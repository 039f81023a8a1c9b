/**
 * Ports: how a stage reads its inputs, and the form of a node's output.
 *
 * `each` and `group` are joined by item id (one row per item, any number of rows per item); `whole` and
 * `many` give whole artifacts. A port names the columns that it reads, and a stage gets no others.
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

export type PortMode = "each" | "group" | "whole" | "many"
export interface Port<out C extends Columns, out T extends PortMode> {
  readonly mode: T
  readonly reads: C
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
export type Given<P> =
  P extends Port<infer C, infer T>
    ? T extends "each"
      ? Row<C>
      : T extends "group"
        ? ReadonlyArray<Row<C>>
        : T extends "whole"
          ? Table<C>
          : ReadonlyArray<Table<C>>
    : never
export type PerItem<I extends Ports> = {
  readonly [K in keyof I as I[K]["mode"] extends "each" | "group" ? K : never]: Given<I[K]>
}
export type Broadcast<I extends Ports> = {
  readonly [K in keyof I as I[K]["mode"] extends "each" | "group" ? never : K]: Given<I[K]>
}
