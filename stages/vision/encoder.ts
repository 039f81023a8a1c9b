/**
 * An encoder: an ONNX file, at a path or on a hub, and how images get into it.
 *
 * What masks need of it (the token grid and the preprocessing) is resolved from the file's structure and from what
 * lies beside it, or a preset (encoder-preprocessing.ts); weights are never read for that.
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
import { bringWeights, modelAtPath, type ModelFile, modelOfHub } from "./model-file.ts"
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
  presetParam
} from "./encoder-param.ts"

export interface ResolvedEncoder {
  /** the ONNX file, absolute */
  readonly model: string
  readonly preprocessing: Preprocessing
  /** in pixels, of all images: patches need not cover all of it */
  readonly inputSize: Size
  readonly grid: TokenGrid
  readonly description: PartialDescription
  /** files beside the model that hold its weights, absolute */
  readonly dataFiles: ReadonlyArray<string>
  /** where all this comes from: kept beside keys, not in them */
  readonly origin: EncoderOrigin
}
export interface EncoderOrigin {
  /** `Xenova/clip-vit-base-patch16@<commit>: onnx/vision_model.onnx`; of a path its last part */
  readonly model: string
  /** `preprocessor_config.json`, `preset clip` */
  readonly preprocessing: string
}

export const resolveEncoderFile = (encoder: Encoder): Promise<ResolvedEncoder> =>
  resolve(encoder, plainReader)
export const resolveGrid = async (encoder: Encoder): Promise<TokenGrid> =>
  (await resolveEncoderFile(encoder)).grid

/** In the key of masks and tokens: the grid and the preprocessing stand for the encoder, weights do not count. */
export async function gridIdentity({ encoder }: { readonly encoder: Encoder }, world: World) {
  const { grid, preprocessing, origin } = await resolve(encoder, worldReader(world))
  return { encoder: { grid, preprocessing }, about: { encoder: origin } }
}
/** In the key of activations: the preprocessing beside the model's content. */
export const resolveWithWorld = (encoder: Encoder, world: World): Promise<ResolvedEncoder> =>
  resolve(encoder, worldReader(world))

/**
 * What a user says of an encoder's structure, as far as values depend on it: in the key of activations, beside the
 * model's content. Nothing where nothing is given; whether the first token is CLS is nothing to them.
 */
export const structureIdentity = (
  { taps = null, patch = null, prefix: given = null }: Encoder,
  { description, grid: { rows, columns, prefix } }: ResolvedEncoder
) => ({
  ...(taps === null ? {} : { taps: description.taps.map(({ name, tensor }) => ({ name, tensor })) }),
  ...(taps === null && patch === null && given === null ? {} : { grid: { rows, columns, prefix } })
})

async function resolve(encoder: Encoder, reader: EncoderReader): Promise<ResolvedEncoder> {
  const { preset, taps = null, patch = null, prefix = null, classToken = null } = encoder
  const given = { taps, patch, prefix }
  const model = await modelOf(encoder, reader)
  const access = await reader.open(model.path)
  try {
    const { description, externalFiles } = describe(model.path, access, given)
    const dataFiles = externalFiles.map((location) => path.join(path.dirname(model.path), location))
    await bringWeights(model, dataFiles, reader)
    const beside = await configOf(model, reader)
    const config = beside?.config ?? null
    if (beside !== null && config !== null) await checkConfig(model, beside.file, config, description, given)
    const inputEdge = description.input.height
    const { preprocessing, from } = await preprocessingOf(model, { preset, config, inputEdge }, reader)
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
  throw new RangeError("an encoder is a file or on a hub: give one of model and hub, as onnx() and hub() do")
}

/** What the user gave of the structure goes before both, and is not compared. */
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
      `${file} is not that of ${model.path}: it says ${wrong}`,
      file,
      "put the config.json of the same checkpoint beside the model, or none; a model exported for another size needs that size in it"
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
      "give a vision transformer as torch.onnx or optimum export it, whole; for others, give taps by tensor (docs/taps.md)",
      error
    )
  }
}

/** What the preprocessing gives, which the graph has to take. */
function inputSizeFor(model: string, { input }: PartialDescription, preprocessing: Preprocessing): Size {
  const size = inputSizeOf(preprocessing)
  if (size === null)
    throw new EncoderError(
      `${model}: its preprocessing gives images of no fixed size`,
      model,
      "a crop or an exact resize is needed"
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
 * As many patches as fit into the input; what comes before them is the prefix.
 *
 * @param saysClassToken what was given of it, or `config.json` says; null: nothing
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
      "check the size that the preprocessing gives; or give the patches' edge in pixels, as in onnx(path, { patch: 32 }), which goes before the graph"
    )
  if (prefix === null)
    throw new EncoderError(
      `${model}: how many tokens come before its patches (CLS, registers) cannot be read from the file`,
      model,
      "give it, as in onnx(path, { prefix: 1 }), or export it with its own position embeddings and a fixed image size"
    )
  if (!(grid.rows * grid.columns + prefix <= mostTokens))
    throw new EncoderError(
      `${model}: ${inWords} and ${prefix} tokens before them are more than the ${mostTokens} tokens that an encoder may have`,
      model,
      "check the size that the preprocessing gives, and the file: is it whole?"
    )
  if (saysClassToken === true && prefix === 0)
    throw new EncoderError(
      `${model}: it is said to have a class token, but no token comes before its patches`,
      model,
      "leave classToken out, or class_token in the config.json beside the model"
    )
  return { ...grid, prefix, classToken: prefix > 0 && (saysClassToken ?? true) }
}
