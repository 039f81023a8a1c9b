/** Writes one tensor of an artifact, or one numeric column, as Arrow or .npy. */
import { own } from "../support/own.ts"
import type { AnyColumn } from "../pipeline/columns.ts"
import { didYouMean, usage } from "../support/problem.ts"
import { npyHeader, type NpyType } from "../support/npy-header.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { artifactTable } from "../store/items/read-artifact.ts"
import { readItemIndex } from "../store/items/item-index.ts"
import { type StoredTensor, storedTensor } from "../store/items/stored-tensor.ts"
import type { Referred } from "../project/reference.ts"
import type { OutFile } from "./write-out.ts"

type Artifact = Extract<Referred, { readonly kind: "artifact" }>
/** The options that select a tensor or column. */
interface Choice {
  readonly format: string
  readonly tap: string | null
  readonly column: string | null
}
interface Chosen {
  readonly family: string
  readonly member: string
}
export function chooseTensor({ manifest, name }: Artifact, { tap, column, format }: Choice): Chosen {
  const families = Object.keys(manifest.families)
  if (families.length === 0) {
    const plain = arraysOf(manifest)
    throw usage(
      `"${name}" has no tensors to write as ${format}`,
      "--format",
      [
        ...(format === "npy" && plain.length > 0 ? [`--column with one of ${plain.join(", ")}`] : []),
        "parquet and csv export the whole table"
      ].join("; ")
    )
  }
  const family = column ?? (families.length === 1 ? families[0]! : null)
  if (family === null || !families.includes(family))
    throw usage(
      family === null ? `"${name}" has several tensor columns` : `"${name}" has no tensor column "${family}"`,
      "--column",
      (family === null ? null : didYouMean(family, families)) ?? `--column ${families.join("|")}`
    )
  const { members } = own(manifest.families, family)!
  const member = tap ?? (members.length === 1 ? members[0]! : null)
  if (member !== null && members.includes(member)) return { family, member }
  throw usage(
    member === null ? `"${name}" has ${members.length} taps: choose one` : `"${name}" has no tap "${member}"`,
    "--tap",
    (member === null ? null : didYouMean(member, members)) ?? `--tap with one of ${members.join(", ")}`
  )
}

export async function writeArrow(
  { store, manifest }: Artifact,
  chosen: Chosen,
  file: OutFile
): Promise<void> {
  const { TensorFileWriter } = await import("../store/format/arrow-write.ts")
  const { shape, elements, blocks } = tensorOf({ store, manifest }, chosen)
  const dims = own(manifest.columns, chosen.family)!.detail as ReadonlyArray<string>
  const writer = new TensorFileWriter(
    { write: (pieces) => pieces.forEach((piece) => file.write(piece)) },
    { ...chosen, shape, dims, idColumn: manifest.idColumn, elements }
  )
  const ids = await rowIds({ store, manifest })
  const size = sizeOf(shape)
  let row = 0
  for await (const data of blocks()) {
    const end = row + data.length / size
    writer.write(data, ids?.slice(row, end) ?? null)
    row = end
  }
  writer.close()
}

/** Each row's item; null in a table. */
async function rowIds({
  store,
  manifest
}: Pick<Artifact, "store" | "manifest">): Promise<ReadonlyArray<string> | null> {
  if (manifest.idColumn === null) return null
  const { ids, rows } = readItemIndex(store, manifest)
  return ids.flatMap((id, i) => Array.from({ length: rows[i]! }, () => id))
}

const tensorOf = (
  { store, manifest }: Pick<Artifact, "store" | "manifest">,
  { family, member }: Chosen
): StoredTensor => storedTensor(store, manifest, family, member)
const sizeOf = (shape: ReadonlyArray<number>) => shape.reduce((product, one) => product * one, 1)

/** A tensor, or a numeric column. */
export function chooseArray(
  artifact: Artifact,
  options: Choice
): Chosen | { readonly plain: string; readonly type: NpyType } {
  const { manifest, name } = artifact
  const { column, tap } = options
  if (column === null || own(manifest.families, column) !== undefined) return chooseTensor(artifact, options)
  if (tap !== null && own(manifest.columns, column) !== undefined)
    throw usage(
      `--tap selects a tensor, but ${column} of "${name}" is a plain column`,
      "--tap",
      "drop one of them"
    )
  const declared = own(manifest.columns, column)
  const type = declared === undefined ? null : npyType(declared)
  if (type !== null) return { plain: column, type }
  const arrays = arraysOf(manifest)
  throw usage(
    declared === undefined
      ? `"${name}" has no column "${column}"`
      : `"${name}": ${column} is ${declared.type}, not an array`,
    "--column",
    didYouMean(column, arrays) ??
      (arrays.length === 0 ? "it has no numeric columns" : `--column with one of ${arrays.join(", ")}`)
  )
}
/** Null where NumPy has no equivalent: it has nulls only as NaN among doubles. */
const npyType = ({ type, detail }: AnyColumn): NpyType | null => {
  const ofNullable = type === "nullable" ? (detail as AnyColumn).type : null
  return type === "float64" || ofNullable === "float64"
    ? "<f8"
    : type === "int32"
      ? "<i4"
      : type === "bool"
        ? "|b1"
        : null
}
const arraysOf = ({ columns, families }: Manifest) => [
  ...Object.keys(families),
  ...Object.keys(columns).filter((name) => npyType(columns[name]!) !== null)
]

export async function writeNpy(
  artifact: Artifact,
  chosen: Chosen | { readonly plain: string; readonly type: NpyType },
  file: OutFile
): Promise<void> {
  if ("family" in chosen) {
    const { shape, elements, blocks } = tensorOf(artifact, chosen)
    file.write(npyHeader(elements === "float16" ? "<f2" : "<f4", [artifact.manifest.rows, ...shape]))
    for await (const data of blocks())
      file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return
  }
  const { store, manifest } = artifact
  const { plain, type } = chosen
  file.write(npyHeader(type, [manifest.rows]))
  for await (const batch of artifactTable(store, manifest).batches([plain])) {
    const cells = batch[plain]! as ReadonlyArray<number>
    const data =
      type === "<f8"
        ? Float64Array.from(cells, (cell) => cell ?? NaN)
        : type === "<i4"
          ? Int32Array.from(cells)
          : Uint8Array.from(cells, Number)
    file.write(new Uint8Array(data.buffer))
  }
}
