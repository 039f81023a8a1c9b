/**
 * Columns: the types of an artifact's cells.
 *
 * A column is plain data (`{ type, detail }`), so that a declaration can be sent to a worker, stored in a
 * manifest and compared. Its TypeScript type also carries the type of a cell when read (`A`) and the types
 * that a stage may write (`W`).
 */
declare const read: unique symbol
declare const written: unique symbol

export interface Column<out K extends string, out A, out W = A> {
  readonly type: K
  readonly detail?: unknown
  readonly [read]: () => A
  readonly [written]: () => W
}

// Named one by one, so that a compile error says `Utf8` and not a type expression.
export interface Utf8 extends Column<"utf8", string> {}
export interface Int32 extends Column<"int32", number> {}
export interface Float64 extends Column<"float64", number> {}
export interface Bool extends Column<"bool", boolean> {}
export interface Json<out A> extends Column<"json", A> {}
export interface File extends Column<"file", FileHandle, FileHandle | NewFile> {}
export interface List<out C extends Scalar> extends Column<"list", ReadonlyArray<CellOf<C>>> {
  readonly detail: C
}
export interface Nullable<out C extends AnyColumn> extends Column<
  "nullable",
  CellOf<C> | null,
  WrittenOf<C> | null
> {
  readonly detail: C
}
/**
 * A family of tensors with one shape per row; its members (an encoder's taps) are named at run time. If a
 * stage gives the bits of float16 (`toFloat16`), they are stored as float16 in half the space; reads always
 * give float32.
 */
export interface Tensors<out D extends ReadonlyArray<string>> extends Column<
  "tensors",
  Readonly<Record<string, Float32Array>>,
  Readonly<Record<string, Float32Array | Uint16Array>>
> {
  readonly detail: D
}

export type Scalar = Utf8 | Int32 | Float64 | Bool
export type AnyColumn = Column<string, unknown>
export type Columns = { readonly [name: string]: AnyColumn }
/** The type of a cell when read. */
export type CellOf<C> = C extends Column<string, infer A, unknown> ? A : never
/** The types that a stage may write to a cell. */
export type WrittenOf<C> = C extends Column<string, unknown, infer W> ? W : never
export type Row<C extends Columns> = { readonly [K in keyof C]: CellOf<C[K]> }
export type WrittenRow<C extends Columns> = { readonly [K in keyof C]: WrittenOf<C[K]> }

/**
 * A file identified by its content. Its sha256 enters keys and digests; its path and name do not, so a handle
 * has neither. A stage that needs the name reads it from a text column.
 */
export interface FileHandle {
  /** lower-case hexadecimal */
  readonly sha256: string
  readonly size: number
  /** The file's bytes, checked against `sha256`: rejects with "changed since it was sampled" otherwise. */
  bytes(): Promise<Uint8Array>
}

/** A file made by a stage: the orchestrator stores its bytes by their sha256. */
export interface NewFile {
  readonly name: string
  readonly content: Uint8Array
}

const make = <C>(type: string, detail?: unknown): C =>
  (detail === undefined ? { type } : { type, detail }) as C

/** The kinds of column. Each is a function, so that declarations never share state. */
export const column = {
  /** Text, any Unicode. Parquet: UTF8. */
  utf8: (): Utf8 => make("utf8"),
  /** An integer in −2³¹ … 2³¹−1. Parquet: INT32. */
  int32: (): Int32 => make("int32"),
  /** Any double, NaN and ±∞ included. Parquet: DOUBLE. */
  float64: (): Float64 => make("float64"),
  /** Parquet: BOOLEAN. */
  bool: (): Bool => make("bool"),
  /** A file, by content. Parquet: `<name>_path`, `<name>_size`, `<name>_sha256`. */
  file: (): File => make("file"),
  /** A list of scalars. Parquet: a three-level LIST. */
  list: <const C extends Scalar>(of: C): List<C> => make("list", of),
  /** Any plain JSON value, stored as text with sorted keys. */
  json: <A>(): Json<A> => make("json"),
  /** The same column, with nulls. */
  nullable: <const C extends AnyColumn>(of: C): Nullable<C> => make("nullable", of),
  /**
   * Named tensors of float32, or of float16 if a stage gives its bits as a `Uint16Array`. All have one shape;
   * `dims` names its dimensions, without the row. Arrow: one file per (shard, member), `FixedSizeList` with
   * `arrow.fixed_shape_tensor` metadata.
   */
  tensors: <const D extends ReadonlyArray<string>>(...dims: D): Tensors<D> => make("tensors", dims)
} as const

/**
 * Valid names of a column: they become Parquet column names, so they must be easy to type in every reader.
 */
export const columnName = /^[A-Za-z][A-Za-z0-9_]*$/

/** Whether its cells are files or null. */
export const isFileColumn = ({ type, detail }: AnyColumn): boolean =>
  type === "file" || (type === "nullable" && isFileColumn(detail as AnyColumn))
