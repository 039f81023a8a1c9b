/**
 * Reads a checkpoint's `config.json`: facts about the vision encoder that the graph does not reveal, and whether both
 * belong to the same model. Files of unknown families are ignored.
 *
 * This module loads valibot: import it lazily, where a file is read.
 */
import * as v from "valibot"
import { checkJson, expected, type Fail, isObject, withFields } from "../json/check-json.ts"
import { presets, type PresetName } from "./presets.ts"

export interface ModelConfig {
  readonly modelType: string
  /** edges in pixels, and counts; null if the file does not say */
  readonly imageSize: number | null
  readonly patchSize: number | null
  readonly blocks: number | null
  readonly width: number | null
  /** class tokens and registers */
  readonly prefix: number
  /** whether it accepts other sizes than `imageSize`, by interpolating its position embeddings */
  readonly anySize: boolean
  /** the presets of checkpoints of this family */
  readonly presets: ReadonlyArray<PresetName>
}

interface Family {
  /** the field with the vision encoder's configuration, if the model has several encoders */
  readonly part?: string
  readonly classTokens: number
  readonly anySize?: boolean
  readonly presets?: ReadonlyArray<PresetName>
}
const vision = { part: "vision_config" }
const clip: Family = { classTokens: 1, presets: ["clip", "clip-large"] }
const blip: Family = { classTokens: 1, presets: ["blip"] }
const flava: Family = { classTokens: 1, presets: ["flava"] }
const dinov2: Family = { classTokens: 1, anySize: true, presets: ["dinov2"] }

/**
 * By `model_type`.
 *
 * Source: transformers 5.23, the embeddings in models/<family>/modeling_<family>.py. ViT and DINO share a type.
 */
const families: ReadonlyMap<string, Family> = new Map<string, Family>([
  ["vit", { classTokens: 1, presets: ["vit", "dino"] }],
  ["deit", { classTokens: 2 }],
  ["beit", { classTokens: 1 }],
  ["clip", { ...clip, ...vision }],
  ["clip_vision_model", clip],
  ["blip", { ...blip, ...vision }],
  ["blip_vision_model", blip],
  ["flava", { ...flava, part: "image_config" }],
  ["flava_image_model", flava],
  ["dinov2", dinov2],
  ["dinov2_with_registers", dinov2],
  ["siglip", { classTokens: 0, ...vision }],
  ["siglip_vision_model", { classTokens: 0 }]
])

/** A `config.json` that is malformed. */
export class ModelConfigError extends Error {
  override readonly name = "ModelConfigError"
}

const countWords = expected("a positive integer")
const count = v.pipe(v.number(countWords), v.integer(countWords), v.minValue(1, countWords))
/** [height, width] in a few files; a square's sides become one number. */
const edge = v.lazy((input): v.GenericSchema<unknown, number> => (Array.isArray(input) ? sides : count))
const sides = v.pipe(
  v.custom<ReadonlyArray<unknown>>(
    (input) => (input as ReadonlyArray<unknown>)[0] === (input as ReadonlyArray<unknown>)[1],
    countWords
  ),
  v.transform(([side]) => side),
  count
)
const visionFields = withFields({
  image_size: v.nullish(edge, null),
  patch_size: v.nullish(edge, null),
  num_hidden_layers: v.nullish(count, null),
  hidden_size: v.nullish(count, null)
})
/** The default is that of transformers' Dinov2WithRegistersConfig. */
const registerWords = expected("a count of register tokens")
const registerFields = withFields({
  num_register_tokens: v.nullish(
    v.pipe(v.number(registerWords), v.integer(registerWords), v.minValue(0, registerWords)),
    4
  )
})
const classTokenFields = withFields({ class_token: v.nullish(v.boolean(expected("true or false")), null) })

const failIn =
  (source: string): Fail =>
  (field, problem) => {
    throw new ModelConfigError(field === "" ? `${source}: ${problem}` : `${source}: ${field}: ${problem}`)
  }

/**
 * @param config the parsed JSON
 * @param source what to call the file in errors
 * @returns null if its `model_type` is missing or unknown here
 * @throws {ModelConfigError}
 */
export function parseModelConfig(config: unknown, source = "config.json"): ModelConfig | null {
  if (!isObject(config)) throw new ModelConfigError(`${source}: expected a JSON object`)
  const modelType = config["model_type"]
  const family = typeof modelType === "string" ? families.get(modelType) : undefined
  if (family === undefined) return null
  const { part } = family
  const own = part === undefined ? config : (config[part] ?? {})
  const read = checkJson(visionFields, own, failIn(source), part)
  const registers =
    modelType === "dinov2_with_registers"
      ? checkJson(registerFields, own, failIn(source), part).num_register_tokens
      : 0
  return {
    modelType: modelType as string,
    imageSize: read.image_size,
    patchSize: read.patch_size,
    blocks: read.num_hidden_layers,
    width: read.hidden_size,
    prefix: family.classTokens + registers,
    anySize: family.anySize ?? false,
    presets: family.presets ?? []
  }
}

/**
 * Whether the encoder has a class token; null if the file does not say. `tools/export_encoder.py` writes
 * `"class_token": false` for timm models without one (the argument of the same name of timm's VisionTransformer).
 *
 * @throws {ModelConfigError}
 */
export const classTokenIn = (config: unknown, source = "config.json"): boolean | null =>
  isObject(config) ? checkJson(classTokenFields, config, failIn(source)).class_token : null

/**
 * The preset for checkpoints of this family and image size, or why there is not exactly one.
 *
 * @param size the edge of the graph's input, if fixed
 */
export function presetFor(
  { modelType, imageSize, anySize, presets: names }: ModelConfig,
  size: number | null
): { readonly preset: PresetName } | { readonly problem: string } {
  const type = `its config.json says model_type "${modelType}"`
  const edge = imageSize ?? size
  if (!anySize && edge === null && names.length > 0) return { problem: `${type}, but no image_size` }
  const fitting = anySize ? names : names.filter((name) => edgeOf(name) === edge)
  const [preset] = fitting
  if (fitting.length === 1) return { preset: preset! }
  return {
    problem:
      preset === undefined
        ? `${type}${anySize || edge === null ? "" : ` for ${edge} pixels`}, for which there is no preset`
        : `${type}, which the presets ${fitting.join(" and ")} share: they differ in preprocessing`
  }
}
const edgeOf = (name: PresetName): number => {
  const { crop, resize } = presets[name]
  return crop?.height ?? (resize as { readonly height: number }).height
}

/** What a graph reveals about itself; null for what it does not, or what the user gave. */
export interface GraphFacts {
  readonly patch: { readonly height: number; readonly width: number } | null
  readonly blocks: number | null
  readonly width: number | null
  readonly prefix: number | null
  readonly input: { readonly height: number | null; readonly width: number | null }
}

/** The contradiction between config.json and the graph, in words; null if there is none. */
export function contradiction(config: ModelConfig, graph: GraphFacts): string | null {
  const { patch, input } = graph
  const differ = (said: number | null, is: number | null) => said !== null && is !== null && said !== is
  if (differ(config.patchSize, patch?.height ?? null) || differ(config.patchSize, patch?.width ?? null))
    return `patch_size ${config.patchSize}, but its graph cuts images into patches of ${patch!.height}×${patch!.width} pixels`
  if (differ(config.blocks, graph.blocks))
    return `num_hidden_layers ${config.blocks}, but its graph has ${graph.blocks} blocks`
  if (differ(config.width, graph.width))
    return `hidden_size ${config.width}, but its graph's tokens have ${graph.width} values`
  if (differ(config.prefix, graph.prefix))
    return `model_type "${config.modelType}" with ${config.prefix} tokens before the patches, but its graph has ${graph.prefix}`
  const { imageSize } = config
  if (!config.anySize && (differ(imageSize, input.height) || differ(imageSize, input.width)))
    return `image_size ${imageSize}, but its graph takes images of ${input.height ?? "?"}×${input.width ?? "?"} pixels`
  return null
}
