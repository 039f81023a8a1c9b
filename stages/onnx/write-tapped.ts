/** Writes a model with its taps as outputs under their stable names, for use outside Probeline. */
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
  /** names or patterns, as for `chooseTaps`; default: all taps of the description */
  readonly taps?: string
  /** for graphs with an unrecognised structure; see `describeGiven` */
  readonly given?: GivenStructure
  /** replace existing files */
  readonly overwrite?: boolean
}
export interface TappedFile {
  /** the added outputs, float32, and their tensors in the original model */
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly tensor: string }>
  /** data files of external weights, as they lie beside the new file */
  readonly dataFiles: ReadonlyArray<string>
  /** of the new file */
  readonly bytes: number
}

/**
 * Copies a model in pieces and appends an output and a node for each tap to its graph. Weights are not decoded, so a
 * few megabytes of memory suffice. The graph stays one field, because some readers do not merge two.
 *
 * External weights stay references. If the copy is in another folder, their files are copied too (cloned, if the file
 * system supports it), because runtimes refuse symlinks and paths out of the model's folder. Existing files are
 * replaced only with `overwrite`; the model gets its final name once it is complete.
 *
 * @throws {OnnxError} the model is not a vision transformer or already has a tensor with a tap's name, a tap does not
 *   exist, a data file is missing, or a file already exists; the message names the file
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
    // an output that is a tap under its own name (`image_embeds`) stays unchanged
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
  if (!overwrite) throw new OnnxError(`${target} already exists: remove it, or allow overwriting`)
}

interface Range {
  readonly from: number
  readonly length: number
}
const GRAPH = 7

/** Copies all fields unchanged, except for the graph: its parts are merged and extended. */
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

/** Writes a file from front to back, copying parts of other files in pieces. */
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
  /** @throws {OnnxError} the source ends early */
  copy(source: FileReader, { from, length }: { readonly from: number; readonly length: number }): void {
    for (let at = from; at < from + length;) {
      const bytes = source.read(at, Math.min(pieceSize, from + length - at))
      if (bytes.length === 0) throw new OnnxError("the file was truncated while it was read")
      this.write(bytes)
      at += bytes.length
    }
  }
  /** Syncs the file to disk, and returns its size in bytes. */
  finish(): number {
    fsyncSync(this.#descriptor)
    return this.#size
  }
  close(): void {
    closeSync(this.#descriptor)
  }
}
