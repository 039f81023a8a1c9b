/** Writes a model whose taps are outputs under their stable names, for use outside of Probeline. */
import { randomBytes } from "node:crypto"
import { renameSync, rmSync, statSync, openSync, writeSync, fsyncSync, closeSync } from "node:fs"
import * as path from "node:path"
import { fileAccess, type FileReader, WindowedReader } from "./access.ts"
import { chooseTaps } from "./tap.ts"
import { copyDataFiles } from "./external-data.ts"
import { describeGiven, type GivenStructure } from "./describe.ts"
import { OnnxError } from "./onnx-error.ts"
import { Protobuf } from "./protobuf.ts"
import { readModel } from "./reader.ts"
import { namedOutputs } from "./tapped-graph.ts"
import { graphBody, message, tag } from "./writer.ts"

export interface WriteTappedOptions {
  /** names or patterns, as of `chooseTaps`; all taps of the description if left out */
  readonly taps?: string
  /** for graphs whose structure is not recognised; see `describeGiven` */
  readonly given?: GivenStructure
  /** replace files that are there */
  readonly overwrite?: boolean
}
export interface TappedFile {
  /** the outputs that were added, float32, and the tensors that they are in the model as it was */
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly tensor: string }>
  /** data files of external weights, as they lie beside the new file */
  readonly dataFiles: ReadonlyArray<string>
  /** of the new file */
  readonly bytes: number
}

/**
 * Copies a model, in pieces, with outputs and a node for each tap at the end of its graph: weights are not decoded,
 * and a few megabytes of memory are enough. The graph stays one field, as some readers do not merge two.
 *
 * External weights stay references: beside a model in another folder their files are copied (cloned, where the file
 * system can), since a runtime takes no links and no paths out of the model's folder. What exists under the new
 * names is not replaced unless `overwrite` says so; the model appears under its name when it is whole.
 *
 * @throws {OnnxError} the model is no vision transformer, has a tensor under a tap's name already, a tap is not there,
 * a data file is missing, or a file is in the way; the message names the file
 */
export function writeTapped(
  file: string,
  target: string,
  {
    taps: patterns,
    given = { taps: null, patch: null, prefix: null },
    overwrite = false
  }: WriteTappedOptions = {}
): TappedFile {
  const access = opened(file)
  const temporary = `${target}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`
  try {
    refuseInTheWay(file, target, overwrite)
    const model = readModel(access)
    const description = describeGiven(model, given)
    const chosen = patterns === undefined ? description.taps : chooseTaps(description.taps, patterns)
    // an output that is a tap under its own name (`image_embeds`) stays as it is
    const isThere = new Set(model.graph.outputs.map(({ name }) => name))
    const taps = chosen.filter(({ name, tensor }) => name !== tensor || !isThere.has(name))
    const additions = graphBody(namedOutputs(model, description, taps))
    const bytes = copyWith(access, temporary, additions)
    const dataFiles = copyDataFiles(model.externalFiles, path.dirname(file), path.dirname(target), overwrite)
    renameSync(temporary, target)
    return { outputs: taps.map(({ name, tensor }) => ({ name, tensor })), dataFiles, bytes }
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error instanceof OnnxError ? new OnnxError(`${file}: ${error.message}`, { cause: error }) : error
  } finally {
    access.close()
  }
}

function opened(file: string) {
  try {
    return fileAccess(file)
  } catch (error) {
    throw new OnnxError(`the encoder ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function refuseInTheWay(file: string, target: string, overwrite: boolean): void {
  const there = statSync(target, { throwIfNoEntry: false })
  if (there === undefined) return
  const own = statSync(file)
  if (there.ino === own.ino && there.dev === own.dev) {
    throw new OnnxError("a model cannot be replaced by its tapped copy: give the copy another name")
  }
  if (!overwrite) throw new OnnxError(`${target} exists already: remove it, or say that it may be replaced`)
}

interface Range {
  readonly from: number
  readonly length: number
}
const GRAPH = 7

/** All fields as they are, but for the graph, whose parts are put together and added to. */
function copyWith(source: FileReader, target: string, additions: Uint8Array): number {
  const graphs: Array<Range> = []
  const others: Array<Range> = []
  let from = 0
  for (const field of new Protobuf(new WindowedReader(source)).top()) {
    const end = field.position + field.length
    if (field.number === GRAPH) graphs.push({ from: field.position, length: field.length })
    else others.push({ from, length: end - from })
    from = end
  }
  const length = graphs.reduce((sum, graph) => sum + graph.length, additions.length)
  const writer = new FileWriter(target)
  try {
    for (const range of others) writer.copy(source, range)
    writer.write(message(...tag(GRAPH, length)))
    for (const range of graphs) writer.copy(source, range)
    writer.write(additions)
    return writer.finish()
  } finally {
    writer.close()
  }
}

const pieceSize = 1 << 22

/** Writes a file from front to back; parts of other files in pieces. */
class FileWriter {
  readonly #descriptor: number
  #size = 0

  constructor(file: string) {
    this.#descriptor = openSync(file, "wx")
  }
  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.#descriptor, bytes, written)
    }
    this.#size += bytes.length
  }
  /** @throws {OnnxError} the source ends before */
  copy(source: FileReader, { from, length }: { readonly from: number; readonly length: number }): void {
    for (let at = from; at < from + length;) {
      const bytes = source.read(at, Math.min(pieceSize, from + length - at))
      if (bytes.length === 0) throw new OnnxError("the file became shorter while it was read")
      this.write(bytes)
      at += bytes.length
    }
  }
  /** Makes it last, and gives its size in bytes. */
  finish(): number {
    fsyncSync(this.#descriptor)
    return this.#size
  }
  close(): void {
    closeSync(this.#descriptor)
  }
}
