/** `encoders inspect`: describes an encoder from its file, without reading weights. */
import { existsSync } from "node:fs"
import * as path from "node:path"
import type { Answer } from "../../src/index.ts"
import { resolveEncoderFile } from "../vision/encoder.ts"
import { registerCount, type TokenGrid } from "../vision/grid.ts"
import { fileAccess } from "../onnx/access.ts"
import { describeGiven, type GivenStructure, type PartialDescription } from "../onnx/describe.ts"
import { reasonsNotRun } from "../onnx/session.ts"
import { indexGraph } from "../onnx/graph-index.ts"
import type { Model, ValueInfo } from "../onnx/model.ts"
import { reasonRandom } from "../onnx/nondeterministic.ts"
import { readModel } from "../onnx/reader.ts"
import type { Preprocessing } from "../vision/preprocessing.ts"
import type { PresetName } from "../vision/presets.ts"
import { givenEncoder, givenStructure, type GivenWords } from "./common/given.ts"
import { inspectionText } from "./inspect-text.ts"
import { withFile } from "./common/problems.ts"
import type { TensorPort, Inspection } from "./inspection.ts"

export async function inspectCommand(
  args: GivenWords & { readonly file: string; readonly preset: PresetName | null; readonly all: boolean }
): Promise<Answer> {
  const inspection = await inspectEncoder(args.file, args.preset, givenStructure(args))
  return { json: inspection, text: (look) => inspectionText(inspection, look, args.all) }
}

const nothingGiven: GivenStructure = { taps: null, patch: null, prefix: null }
/** What to do about a graph with an unrecognised structure. */
export const howToGive =
  "if the structure is not recognised, name taps by tensor, for example --tap 'block.*.resid_post=/encoder/layer.*/Add_1_output_0' (docs/taps.md)"

/** @throws {Problem} the file is missing, not ONNX or truncated, or contains no recognisable vision transformer */
export async function inspectEncoder(
  file: string,
  preset: PresetName | null = null,
  given: GivenStructure = nothingGiven
): Promise<Inspection> {
  const { model, bytes } = await withFile(file, () => readEncoder(file))
  const description = await withFile(file, () => describeGiven(model, given), howToGive)
  const { grid, classToken, preprocessing, warning } = await gridOf(file, preset, given, description)
  const { producer, opset, blocks, width, patch, prefixTokens: prefix } = description
  const weightsMissing = model.externalFiles
    .filter((name) => !existsSync(path.join(path.dirname(file), name)))
    .map((name) => `its weights file ${name} is missing: copy it beside the model`)
  return {
    file,
    bytes,
    producer,
    opset,
    opsets: Object.fromEntries(model.opsets),
    inputs: model.graph.inputs.filter(({ name }) => !model.graph.initializers.has(name)).map(portOf),
    outputs: model.graph.outputs.map(portOf),
    blocks,
    width,
    patch,
    grid,
    prefix,
    classToken,
    registers: prefix === null || classToken === null ? null : registerCount({ prefix, classToken }),
    tokens: grid === null || prefix === null ? null : grid.rows * grid.columns + prefix,
    preprocessing,
    externalFiles: model.externalFiles,
    taps: description.taps.map(({ name, tensor }) => ({ name, tensor })),
    warnings: [
      ...description.warnings,
      ...reasonsNotExtracted(model, description),
      ...weightsMissing,
      ...(warning === null ? [] : [warning])
    ]
  }
}

/** The reasons why an extraction would fail, as far as the file reveals them. */
function reasonsNotExtracted(model: Model, { taps }: PartialDescription): ReadonlyArray<string> {
  const random = reasonRandom(indexGraph(model.graph), taps)
  return [...reasonsNotRun(model.graph), ...(random === null ? [] : [random])]
}

/** The structure in a file, without weights. @throws {OnnxError} it is not ONNX, or truncated */
export function readEncoder(file: string): { readonly model: Model; readonly bytes: number } {
  const access = fileAccess(file)
  try {
    return { model: readModel(access), bytes: access.size }
  } finally {
    access.close()
  }
}

const portOf = ({ name, elementType, dims }: ValueInfo): TensorPort => ({ name, elementType, shape: dims })

/** The token grid, if known: missing preprocessing is no error here, but gets a note. */
async function gridOf(
  file: string,
  preset: PresetName | null,
  given: GivenStructure,
  { input, patch, prefixTokens }: PartialDescription
): Promise<{
  readonly grid: Pick<TokenGrid, "rows" | "columns"> | null
  readonly classToken: boolean | null
  readonly preprocessing: Preprocessing | null
  readonly warning: string | null
}> {
  try {
    const { grid, preprocessing } = await resolveEncoderFile(givenEncoder(file, preset, given))
    const { rows, columns, classToken } = grid
    return { grid: { rows, columns }, classToken, preprocessing, warning: null }
  } catch (error) {
    const { height, width } = input
    const grid =
      height === null || width === null
        ? null
        : { rows: Math.floor(height / patch.height), columns: Math.floor(width / patch.width) }
    const classToken = prefixTokens === null ? null : prefixTokens > 0
    return { grid, classToken, preprocessing: null, warning: (error as Error).message }
  }
}
