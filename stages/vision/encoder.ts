/**
 * An encoder: an ONNX file, at a path or on a hub, with its preprocessing.
 *
 * Masks need only the token grid and the preprocessing. Both are resolved from the graph's structure and from the
 * files beside it, or a preset (encoder-preprocessing.ts), without reading weights.
 */
import * as path from "node:path"
import type { World } from "../../src/index.ts"
import { EncoderError } from "./encoder-error.ts"
import type { Encoder } from "./encoder-param.ts"
import { configOf, preprocessingOf } from "./encoder-preprocessing.ts"
import { type EncoderReader, plainReader, worldReader } from "./encoder-reader.ts"
import { gridOfPatches, inputSizeOf } from "./geometry.ts"
import type { TokenGrid } from "./grid.ts"
import { checkHubModel } from "../hub/reference.ts"
import type { ModelConfig } from "./model-config.ts"
import { fetchWeights, modelAtPath, type ModelFile, modelOfHub } from "./model-file.ts"
import type { FileReader } from "../onnx/access.ts"
import { describeGiven, type GivenStructure, type PartialDescription } from "../onnx/describe.ts"
import { readModel } from "../onnx/reader.ts"
import type { Preprocessing } from "./preprocessing.ts"
import type { Size } from "./resized-size.ts"

export { EncoderError } from "./encoder-error.ts"
export {
  type Encoder,
  encoderParam,
  hub,
  type HubOptions,
  onnx,
  type OnnxOptions,
  preprocessorParam,
  presetParam
} from "./encoder-param.ts"

export interface ResolvedEncoder {
  /** the ONNX file, absolute */
  readonly model: string
  readonly preprocessing: Preprocessing
  /** in pixels, the same for all images; patches need not cover all of it */
  readonly inputSize: Size
  readonly grid: TokenGrid
  readonly description: PartialDescription
  /** files beside the model that hold its weights, absolute */
  readonly dataFiles: ReadonlyArray<string>
  /** the sources of these values: kept beside keys, not in them */
  readonly origin: EncoderOrigin
}
export interface EncoderOrigin {
  /** `Xenova/clip-vit-base-patch16@<commit>: onnx/vision_model.onnx`; for a path its last part */
  readonly model: string
  /** `preprocessor_config.json`, `preset clip` */
  readonly preprocessing: string
}

export const resolveEncoderFile = (encoder: Encoder): Promise<ResolvedEncoder> =>
  resolve(encoder, plainReader)
export const resolveGrid = async (encoder: Encoder): Promise<TokenGrid> =>
  (await resolveEncoderFile(encoder)).grid

/** For the key of masks and tokens: grid and preprocessing stand in for the encoder, so weights do not matter. */
export async function gridIdentity({ encoder }: { readonly encoder: Encoder }, world: World) {
  const { grid, preprocessing, origin } = await resolve(encoder, worldReader(world))
  return { encoder: { grid, preprocessing }, about: { encoder: origin } }
}
/** For the key of activations: the preprocessing besides the model's content. */
export const resolveWithWorld = (encoder: Encoder, world: World): Promise<ResolvedEncoder> =>
  resolve(encoder, worldReader(world))

/**
 * The parts of a user's description of the structure that affect values: in the key of activations, beside the
 * model's content. Empty if nothing is given; whether the first token is CLS does not affect values.
 */
export const structureIdentity = (
  { taps = null, patch = null, prefix: given = null }: Encoder,
  { description, grid: { rows, columns, prefix } }: ResolvedEncoder
) => ({
  ...(taps === null ? {} : { taps: description.taps.map(({ name, tensor }) => ({ name, tensor })) }),
  ...(taps === null && patch === null && given === null ? {} : { grid: { rows, columns, prefix } })
})

async function resolve(encoder: Encoder, reader: EncoderReader): Promise<ResolvedEncoder> {
  const { preset, preprocessor = null, taps = null, patch = null, prefix = null, classToken = null } = encoder
  const structure = { taps, patch, prefix }
  const model = await modelOf(encoder, reader)
  const access = await reader.open(model.path)
  try {
    const { description, externalFiles } = describe(model.path, access, structure)
    const dataFiles = externalFiles.map((location) => path.join(path.dirname(model.path), location))
    await fetchWeights(model, dataFiles, reader)
    const beside = await configOf(model, reader)
    const config = beside?.config ?? null
    if (beside !== null && config !== null)
      await checkConfig(model, beside.file, config, description, structure)
    const inputEdge = description.input.height
    const given = { preset, preprocessor: preprocessor?.path ?? null, config, inputEdge }
    const { preprocessing, from } = await preprocessingOf(model, given, reader)
    const known = { ...description, prefixTokens: description.prefixTokens ?? config?.prefix ?? null }
    const inputSize = inputSizeFor(model.path, known, preprocessing)
    return {
      model: model.path,
      description: known,
      preprocessing,
      dataFiles,
      inputSize,
      grid: gridOf(model.path, known, inputSize, classToken ?? beside?.classToken ?? null),
      origin: { model: model.origin ?? path.basename(model.path), preprocessing: from }
    }
  } finally {
    access.close?.()
  }
}

async function modelOf({ model, hub = null }: Encoder, reader: EncoderReader): Promise<ModelFile> {
  if (model !== null && hub === null) return modelAtPath(model.path)
  if (model === null && hub !== null) return modelOfHub(checkHubModel(hub), reader)
  throw new RangeError(
    "an encoder is either a file or on a hub: give exactly one of model and hub, as onnx() and hub() do"
  )
}

/** The user's description of the structure takes precedence over both, and is not compared. */
async function checkConfig(
  model: ModelFile,
  file: string,
  config: ModelConfig,
  { patch, blocks, width, prefixTokens, input }: PartialDescription,
  given: GivenStructure
): Promise<void> {
  const isWhole = given.taps === null
  const { contradiction } = await import("./model-config.ts")
  const wrong = contradiction(config, {
    patch: given.patch === null ? patch : null,
    blocks: isWhole ? blocks : null,
    width: isWhole ? width : null,
    prefix: given.prefix === null ? prefixTokens : null,
    input
  })
  if (wrong !== null)
    throw new EncoderError(
      `${file} does not belong to ${model.path}: it says ${wrong}`,
      file,
      "put the same checkpoint's config.json beside the model, or none; if the model was exported for another size, it must state that size"
    )
}

function describe(model: string, access: FileReader, given: GivenStructure) {
  try {
    const read = readModel(access)
    return { description: describeGiven(read, given), externalFiles: read.externalFiles }
  } catch (error) {
    throw new EncoderError(
      `${model}: ${(error as Error).message}`,
      model,
      "use a complete vision transformer exported by torch.onnx or optimum; for others, give taps by tensor (docs/taps.md)",
      error
    )
  }
}

/** The size of the preprocessed image, which the graph must accept. */
function inputSizeFor(model: string, { input }: PartialDescription, preprocessing: Preprocessing): Size {
  const size = inputSizeOf(preprocessing)
  if (size === null)
    throw new EncoderError(
      `${model}: its preprocessing does not give images of a fixed size`,
      model,
      "add a crop or an exact resize"
    )
  if ((input.height ?? size.height) !== size.height || (input.width ?? size.width) !== size.width)
    throw new EncoderError(
      `${model} takes images of ${input.height}×${input.width} pixels, but its preprocessing gives ${size.height}×${size.width}`,
      model,
      "check the preset, or the preprocessor_config.json beside the model"
    )
  return size
}

/** The number of tokens comes from files, and lists are allocated by it. */
const mostTokens = 2 ** 20

/**
 * As many patches as fit into the input, after the prefix.
 *
 * @param saysClassToken from the user or from `config.json`; null if neither says
 */
function gridOf(
  model: string,
  { patch, prefixTokens: prefix, positions }: PartialDescription,
  size: Size,
  saysClassToken: boolean | null
): TokenGrid {
  const grid = gridOfPatches(size, patch)
  const inWords = `${grid.rows}×${grid.columns} patches of ${patch.height}×${patch.width} pixels`
  if (positions !== null && positions !== grid.rows * grid.columns)
    throw new EncoderError(
      `${model}: an input of ${size.height}×${size.width} pixels would be ${inWords}, but its position embedding is for ${positions} patches`,
      model,
      "check the preprocessing's output size; or give the patch size in pixels, as in onnx(path, { patch: 32 }), which takes precedence over the graph"
    )
  if (prefix === null)
    throw new EncoderError(
      `${model}: the file does not show how many tokens come before its patches (CLS, registers)`,
      model,
      "give their number, as in onnx(path, { prefix: 1 }), or export the model with its own position embeddings and a fixed image size"
    )
  if (!(grid.rows * grid.columns + prefix <= mostTokens))
    throw new EncoderError(
      `${model}: ${inWords} and ${prefix} tokens before them exceed the limit of ${mostTokens} tokens`,
      model,
      "check the preprocessing's output size, and that the file is complete"
    )
  if (saysClassToken === true && prefix === 0)
    throw new EncoderError(
      `${model}: it is declared to have a class token, but no token comes before its patches`,
      model,
      "remove classToken, or class_token from the config.json beside the model"
    )
  return { ...grid, prefix, classToken: prefix > 0 && (saysClassToken ?? true) }
}
