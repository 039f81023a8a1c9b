/**
 * An encoder: an ONNX file, and how images get into it.
 *
 * What masks need of it (the token grid and the preprocessing) is resolved from the file's structure and from a
 * preset, or the `preprocessor_config.json` beside it; weights are never read for that.
 */
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { file, type FileRef, param, type Values, type World } from "../../src/index.ts"
import { describeGiven, type GivenStructure, type PartialDescription } from "./onnx/describe-given.ts"
import { fileAccess, type RandomAccess } from "./onnx/access.ts"
import { readModel } from "./onnx/reader.ts"
import type { TokenGrid } from "./grid.ts"
import { parsePreprocessorConfig } from "./preprocessor-config.ts"
import type { Preprocessing } from "./preprocessing.ts"
import { presetNames, presetOf, type PresetName } from "./presets.ts"

/** A preset's name, or null to read `preprocessor_config.json` beside the model. */
export const presetParam = param.maybe(param.choice(presetNames), {
  doc: "preprocessing by name; without it, preprocessor_config.json beside the model decides"
})
/** Taps by tensor, for graphs whose structure is not recognised, and what else such a graph may not tell. */
const structureParams = {
  taps: param.maybe(
    param.list(
      param.struct({
        name: param.text({ doc: "such as block.*.resid_post, where * stands for a number" }),
        tensor: param.text({ doc: "the tensor's name in the graph, with * for the same number" })
      })
    ),
    { doc: "taps by tensor, in place of those found by the graph's structure" }
  ),
  patch: param.maybe(param.int({ min: 1 }), { doc: "pixels a patch, where the graph does not tell" }),
  prefix: param.maybe(param.int({ min: 0 }), {
    doc: "tokens before the patches (CLS, registers), where the graph does not tell"
  })
}
export const encoderParam = param.struct(
  { model: param.file({ doc: "a vision transformer in ONNX" }), preset: presetParam, ...structureParams },
  { doc: "an encoder: onnx(path, preset?) or onnx(path, { preset, taps, patch, prefix })" }
)
type EncoderValues = Values<{ encoder: typeof encoderParam }>["encoder"]
/** What is not given of its structure is read off its graph. */
export type Encoder = Pick<EncoderValues, "model" | "preset"> & Partial<EncoderValues>

export interface OnnxOptions {
  /** how images get in; without it, `preprocessor_config.json` beside the model decides */
  readonly preset?: PresetName | null
  /**
   * Names of taps, and their tensors, for graphs whose structure is not recognised: they replace those found by it.
   * `*` stands for the same number in both: `{ "block.*.resid_post": "/encoder/layer.*\/Add_1_output_0" }`.
   */
  readonly taps?: Readonly<Record<string, string>>
  /** pixels a patch, where the graph does not tell */
  readonly patch?: number
  /** tokens before the patches (CLS, registers), where the graph does not tell */
  readonly prefix?: number
}

/** An encoder in an ONNX file; a path in a pipeline file is relative to that file. */
export function onnx(model: string | FileRef, options: PresetName | OnnxOptions | null = null) {
  const given: OnnxOptions = typeof options === "string" || options === null ? { preset: options } : options
  const { preset = null, taps, patch = null, prefix = null } = given
  return {
    model: typeof model === "string" ? file(model) : model,
    preset,
    taps: taps === undefined ? null : Object.entries(taps).map(([name, tensor]) => ({ name, tensor })),
    patch,
    prefix
  }
}

export interface ResolvedEncoder {
  readonly preprocessing: Preprocessing
  readonly grid: TokenGrid
  readonly description: PartialDescription
  /** files beside the model that hold its weights, absolute */
  readonly dataFiles: ReadonlyArray<string>
}

/** What is wrong with an encoder's files, and what to do. */
export class EncoderError extends Error {
  override readonly name = "EncoderError"
  readonly file: string
  readonly hint: string
  constructor(message: string, file: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.file = file
    this.hint = hint
  }
}

/** What a stage reads an encoder's files with: a recording world when planning, the file system when computing. */
interface Reader {
  readonly open: (file: string) => Promise<RandomAccess & { close?: () => void }>
  readonly textIfPresent: (file: string) => Promise<string | null>
}
const plainReader: Reader = {
  open: async (at) => fileAccess(at),
  textIfPresent: async (at) => (existsSync(at) ? readFileSync(at, "utf8") : null)
}
const worldReader = (world: World): Reader => ({
  open: async (at) => {
    const access = await world.open(at)
    if (access === null)
      throw new EncoderError(
        `there is no file ${at}`,
        at,
        "check the path: in a pipeline file it is relative to that file"
      )
    return access
  },
  textIfPresent: async (at) => {
    const bytes = await world.readIfPresent(at)
    return bytes === null ? null : new TextDecoder().decode(bytes)
  }
})

export const resolveEncoderFile = (encoder: Encoder): Promise<ResolvedEncoder> =>
  resolve(encoder, plainReader)
export const resolveGrid = async (encoder: Encoder): Promise<TokenGrid> =>
  (await resolveEncoderFile(encoder)).grid

/** In the key of masks and tokens: the grid and the preprocessing stand for the encoder, weights do not count. */
export async function gridIdentity({ encoder }: { readonly encoder: Encoder }, world: World) {
  const { grid, preprocessing } = await resolve(encoder, worldReader(world))
  return { encoder: { grid, preprocessing } }
}
/** In the key of activations: the preprocessing beside the model's content. */
export const resolveWithWorld = (encoder: Encoder, world: World): Promise<ResolvedEncoder> =>
  resolve(encoder, worldReader(world))

/**
 * What a user says of an encoder's structure, as far as values depend on it: in the key of activations, beside the
 * model's content. Nothing where nothing is given.
 */
export const structureIdentity = (
  { taps = null, patch = null, prefix = null }: Encoder,
  { description, grid }: ResolvedEncoder
) => ({
  ...(taps === null ? {} : { taps: description.taps.map(({ name, tensor }) => ({ name, tensor })) }),
  ...(taps === null && patch === null && prefix === null ? {} : { grid })
})

async function resolve(encoder: Encoder, reader: Reader): Promise<ResolvedEncoder> {
  const { model, preset, taps = null, patch = null, prefix = null } = encoder
  const access = await reader.open(model.path)
  try {
    const { description, externalFiles } = describe(model.path, access, { taps, patch, prefix })
    const preprocessing = await preprocessingOf(model.path, preset, reader)
    const dataFiles = externalFiles.map((location) => path.join(path.dirname(model.path), location))
    return { description, preprocessing, dataFiles, grid: gridOf(model.path, description, preprocessing) }
  } finally {
    access.close?.()
  }
}

function describe(model: string, access: RandomAccess, given: GivenStructure) {
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

/** A preset that is named decides, whatever lies beside the model: nothing that was asked for is passed over in silence. */
async function preprocessingOf(model: string, preset: string | null, reader: Reader): Promise<Preprocessing> {
  if (preset !== null) return presetOf(preset)
  const beside = path.join(path.dirname(model), "preprocessor_config.json")
  const text = await reader.textIfPresent(beside)
  if (text === null)
    throw new EncoderError(
      `how images get into ${model} is not known: there is no ${beside}, and no preset is named`,
      model,
      `put the checkpoint's preprocessor_config.json beside the model, or name a preset (${presetNames.join(", ")})`
    )
  try {
    return parsePreprocessorConfig(JSON.parse(text), beside)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new EncoderError(`${beside} is not JSON: ${error.message}`, beside, "fetch the file again", error)
    throw new EncoderError((error as Error).message, beside, "name a preset instead, if one fits", error)
  }
}

/** The input's size over the patch size; what comes before the patches is the prefix. */
function gridOf(
  model: string,
  { patch, input, prefixTokens }: PartialDescription,
  preprocessing: Preprocessing
): TokenGrid {
  const size = preprocessing.crop ?? (preprocessing.resize?.kind === "exact" ? preprocessing.resize : null)
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
  if (prefixTokens === null)
    throw new EncoderError(
      `${model}: how many tokens come before its patches (CLS, registers) cannot be read from the file`,
      model,
      "give it, as in onnx(path, { prefix: 1 }), or export it with its own position embeddings and a fixed image size"
    )
  return {
    rows: Math.floor(size.height / patch.height),
    columns: Math.floor(size.width / patch.width),
    prefix: prefixTokens
  }
}
