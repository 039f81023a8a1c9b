/** References to objects: immutable files of the store, named by their content. */

/** Any object. */
export interface StoredFile {
  /** of the file's bytes */
  readonly sha256: string
  readonly bytes: number
  readonly extension: string
}
/** An object with a known extension. */
export interface NamedObject<X extends string> extends StoredFile {
  readonly extension: X
}
/** An object that Probeline itself writes: a table, tensors or a sidecar. */
export type ObjectRef = NamedObject<"parquet" | "arrow" | "bin">
