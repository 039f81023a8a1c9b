/** Immutable files of the store, named by their content. */

/** An immutable file of the store. */
export interface ObjectRef {
  /** of the file's bytes */
  readonly sha256: string
  readonly bytes: number
  readonly extension: "parquet" | "arrow" | "bin"
}

export interface StoredFile {
  readonly sha256: string
  readonly bytes: number
  readonly extension: string
}
