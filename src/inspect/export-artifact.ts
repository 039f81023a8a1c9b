/** Writes an artifact to a file of the user's. */
import { own } from "../support/own.ts"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { AnyColumn } from "../pipeline/columns.ts"
import { didYouMean, isProblem, Problem, usage } from "../support/problem.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { artifactTable } from "../store/items/read-artifact.ts"
import { withoutTensors } from "../store/items/read-shard.ts"
import { type StoredTensor, storedTensor } from "../store/items/stored-tensor.ts"
import { wholeTable } from "../store/runs/view.ts"
import { itemIndex } from "../store/items/item-index.ts"
import { csvHead, csvRows } from "./csv.ts"
import { npyHeader, type NpyType } from "../support/npy-header.ts"
import type { Referred } from "../project/reference.ts"
import { type OutFile, writeOut } from "./write-out.ts"
type Artifact = Extract<Referred, { readonly kind: "artifact" }>
export interface ExportOptions {
  readonly to: string
  readonly format: "parquet" | "arrow" | "csv" | "npy"
  readonly tap: string | null
  readonly column: string | null
  readonly overwrite: boolean
}
export interface Exported {
  readonly path: string
  readonly format: ExportOptions["format"]
  readonly rows: number
  readonly bytes: number
}

export const exportArtifact = (
  artifact: Artifact,
  options: ExportOptions
): Effect.Effect<Exported, Problem> =>
  Effect.gen(function* () {
    const write = yield* writerOf(artifact, options)
    const written = yield* Effect.tryPromise({
      try: () => writeOut(options.to, options.overwrite, write),
      catch: (error) => (isProblem(error) ? error : notWritten(options.to, error))
    })
    return { path: options.to, format: options.format, rows: artifact.manifest.rows, bytes: written }
  })

const notWritten = (to: string, error: unknown) =>
  new Problem("StoreWriteFailed", `${to} could not be written: ${(error as Error).message}`, {
    file: path.resolve(to),
    hint: "name another place with -o PATH",
    cause: error
  })

type Write = (file: OutFile) => Promise<void>

function writerOf(artifact: Artifact, options: ExportOptions): Effect.Effect<Write, Problem> {
  switch (options.format) {
    case "parquet":
      return parquetWriter(artifact)
    case "csv":
      return Effect.succeed((file) => writeCsv(artifact, file))
    case "arrow":
      return Effect.map(
        chooseTensor(artifact, options),
        (chosen) => (file) => writeArrow(artifact, chosen, file)
      )
    case "npy":
      return Effect.map(
        chooseArray(artifact, options),
        (chosen) => (file) => writeNpy(artifact, chosen, file)
      )
  }
}

const parquetWriter = ({ store, manifest }: Artifact): Effect.Effect<Write, Problem> =>
  Effect.gen(function* () {
    const content = yield* store.readObject(yield* wholeTable(store, manifest))
    return async (file) => file.write(content)
  })

async function writeCsv({ store, manifest }: Artifact, file: OutFile): Promise<void> {
  file.write(Buffer.from(csvHead(manifest.columns, manifest.idColumn)))
  const columns = Object.keys(withoutTensors(manifest.columns))
  for await (const batch of artifactTable(store, manifest).batches(columns))
    for (const text of csvRows(manifest.columns, manifest.idColumn, batch)) file.write(Buffer.from(text))
}

// ---- tensors -----------------------------------------------------------------------------------------------------
interface Chosen {
  readonly family: string
  readonly member: string
}
const chooseTensor = (
  { manifest, name }: Artifact,
  { tap, column, format }: ExportOptions
): Effect.Effect<Chosen, Problem> => {
  const families = Object.keys(manifest.families)
  if (families.length === 0) {
    const plain = arraysOf(manifest)
    return Effect.fail(
      usage(
        `"${name}" has no tensors to write as ${format}`,
        "--format",
        [
          ...(format === "npy" && plain.length > 0 ? [`--column with one of ${plain.join(", ")}`] : []),
          "parquet and csv take the whole table"
        ].join("; ")
      )
    )
  }
  const family = column ?? (families.length === 1 ? families[0]! : null)
  if (family === null || !families.includes(family))
    return Effect.fail(
      usage(
        family === null
          ? `"${name}" has several columns of tensors`
          : `"${name}" has no column of tensors "${family}"`,
        "--column",
        (family === null ? null : didYouMean(family, families)) ?? `--column ${families.join("|")}`
      )
    )
  const { members } = own(manifest.families, family)!
  const member = tap ?? (members.length === 1 ? members[0]! : null)
  if (member !== null && members.includes(member)) return Effect.succeed({ family, member })
  return Effect.fail(
    usage(
      member === null
        ? `"${name}" has ${members.length} taps: which one?`
        : `"${name}" has no tap "${member}"`,
      "--tap",
      (member === null ? null : didYouMean(member, members)) ?? `--tap with one of ${members.join(", ")}`
    )
  )
}

async function writeArrow({ store, manifest }: Artifact, chosen: Chosen, file: OutFile): Promise<void> {
  const { TensorFileWriter } = await import("../store/format/arrow-write.ts")
  const { shape, elements, blocks } = await tensorOf({ store, manifest }, chosen)
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

/** The item of each row; null in a table. */
async function rowIds({
  store,
  manifest
}: Pick<Artifact, "store" | "manifest">): Promise<ReadonlyArray<string> | null> {
  if (manifest.idColumn === null) return null
  const { ids, rows } = await Effect.runPromise(itemIndex(store, manifest))
  return ids.flatMap((id, i) => Array.from({ length: rows[i]! }, () => id))
}

const tensorOf = (
  { store, manifest }: Pick<Artifact, "store" | "manifest">,
  { family, member }: Chosen
): Promise<StoredTensor> => Effect.runPromise(storedTensor(store, manifest, family, member))
const sizeOf = (shape: ReadonlyArray<number>) => shape.reduce((product, one) => product * one, 1)

/** A tensor, or a column of numbers. */
const chooseArray = (
  artifact: Artifact,
  options: ExportOptions
): Effect.Effect<Chosen | { readonly plain: string; readonly type: NpyType }, Problem> => {
  const { manifest, name } = artifact
  const { column, tap } = options
  if (column === null || own(manifest.families, column) !== undefined) return chooseTensor(artifact, options)
  if (tap !== null && own(manifest.columns, column) !== undefined)
    return Effect.fail(
      usage(
        `--tap names a tensor, and ${column} of "${name}" is a plain column`,
        "--tap",
        "leave out one of them"
      )
    )
  const declared = own(manifest.columns, column)
  const type = declared === undefined ? null : npyType(declared)
  if (type !== null) return Effect.succeed({ plain: column, type })
  const arrays = arraysOf(manifest)
  return Effect.fail(
    usage(
      declared === undefined
        ? `"${name}" has no column "${column}"`
        : `"${name}": ${column} is ${declared.type}, and no array`,
      "--column",
      didYouMean(column, arrays) ??
        (arrays.length === 0 ? "it has no numbers" : `--column with one of ${arrays.join(", ")}`)
    )
  )
}
/** Where NumPy has a null: NaN among doubles, and nowhere else. */
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

async function writeNpy(
  artifact: Artifact,
  chosen: Chosen | { readonly plain: string; readonly type: NpyType },
  file: OutFile
): Promise<void> {
  if ("family" in chosen) {
    const { shape, elements, blocks } = await tensorOf(artifact, chosen)
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
