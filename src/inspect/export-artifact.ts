/** Writes an artifact to a file for the user. */
import * as path from "node:path"
import { artifactTable } from "../store/items/read-artifact.ts"
import { withoutTensors } from "../store/items/read-shard.ts"
import { wholeTable } from "../store/runs/view.ts"
import { isProblem, Problem } from "../support/problem.ts"
import type { Referred } from "../project/reference.ts"
import { csvHead, csvRows } from "./csv.ts"
import { chooseArray, chooseTensor, writeArrow, writeNpy } from "./export-tensors.ts"
import { type OutFile, writeOut } from "./write-out.ts"

type ExportedArtifact = Extract<Referred, { readonly kind: "artifact" }>
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

/** @throws Problem Usage where the format does not suit the artifact, or the file already exists */
export async function exportArtifact(artifact: ExportedArtifact, options: ExportOptions): Promise<Exported> {
  const { to, format, overwrite } = options
  const write = await writerOf(artifact, options)
  try {
    const bytes = await writeOut(to, overwrite, write)
    return { path: to, format, rows: artifact.manifest.rows, bytes }
  } catch (error) {
    if (isProblem(error)) throw error
    throw new Problem("StoreWriteFailed", `cannot write ${to}: ${(error as Error).message}`, {
      file: path.resolve(to),
      hint: "choose another path with -o PATH",
      cause: error
    })
  }
}

type Write = (file: OutFile) => Promise<void>

async function writerOf(artifact: ExportedArtifact, options: ExportOptions): Promise<Write> {
  const { store, manifest } = artifact
  switch (options.format) {
    case "parquet": {
      const content = store.objects.read(await wholeTable(store, manifest))
      return async (file) => file.write(content)
    }
    case "csv":
      return (file) => writeCsv(artifact, file)
    case "arrow": {
      const chosen = chooseTensor(artifact, options)
      return (file) => writeArrow(artifact, chosen, file)
    }
    case "npy": {
      const chosen = chooseArray(artifact, options)
      return (file) => writeNpy(artifact, chosen, file)
    }
  }
}

async function writeCsv({ store, manifest }: ExportedArtifact, file: OutFile): Promise<void> {
  file.write(Buffer.from(csvHead(manifest.columns, manifest.idColumn)))
  const columns = Object.keys(withoutTensors(manifest.columns))
  for await (const batch of artifactTable(store, manifest).batches(columns))
    for (const text of csvRows(manifest.columns, manifest.idColumn, batch)) file.write(Buffer.from(text))
}
