/**
 * Reads a checkpoint's `config.json`: what it says of the vision encoder, where the graph does not tell it, and
 * whether the two are of one model. Of families that are not known here it is not read at all.
 */
import { presets, type PresetName } from "./presets.ts"

export interface ModelConfig {
  readonly modelType: string
  /** edges in pixels, and counts; null where the file doesn't say */
  readonly imageSize: number | null
  readonly patchSize: number | null
  readonly blocks: number | null
  readonly width: number | null
  /** class tokens and registers */
  readonly prefix: number
  /** does it take images of another size than `imageSize`, by interpolating its position embeddings? */
  readonly anySize: boolean
  /** the presets of checkpoints of this family */
  readonly presets: ReadonlyArray<PresetName>
}

interface Family {
  /** the field that has the vision encoder's configuration, where there are other encoders beside it */
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

/**
 * @param config the parsed JSON
 * @param source what to call the file in errors
 * @returns null where its `model_type` is missing, or of no family that is known here
 * @throws {ModelConfigError}
 */
export function parseModelConfig(config: unknown, source = "config.json"): ModelConfig | null {
  if (!isObject(config)) throw new ModelConfigError(`${source}: expected a JSON object`)
  const modelType = config["model_type"]
  const family = typeof modelType === "string" ? families.get(modelType) : undefined
  if (family === undefined) return null
  const own = family.part === undefined ? config : (config[family.part] ?? {})
  if (!isObject(own)) throw new ModelConfigError(`${source}: ${family.part}: expected an object`)
  const edge = (field: string) => {
    const value = own[field]
    // [height, width] in a few; the sides of a square are one number
    return count(source, field, Array.isArray(value) && value[0] === value[1] ? value[0] : value)
  }
  return {
    modelType: modelType as string,
    imageSize: edge("image_size"),
    patchSize: edge("patch_size"),
    blocks: count(source, "num_hidden_layers", own["num_hidden_layers"]),
    width: count(source, "hidden_size", own["hidden_size"]),
    prefix: family.classTokens + registers(modelType as string, own, source),
    anySize: family.anySize ?? false,
    presets: family.presets ?? []
  }
}

/**
 * Has the encoder a class token? `tools/export_encoder.py` writes `"class_token": false` for models of timm that have
 * none (the argument of the same name of timm's VisionTransformer); null where nothing is said.
 *
 * @throws {ModelConfigError}
 */
export function classTokenIn(config: unknown, source = "config.json"): boolean | null {
  const value = isObject(config) ? config["class_token"] : undefined
  if (value === undefined || value === null) return null
  if (typeof value === "boolean") return value
  throw new ModelConfigError(`${source}: class_token: expected true or false, got ${JSON.stringify(value)}`)
}

/** The default of `num_register_tokens` is that of transformers' Dinov2WithRegistersConfig. */
const registers = (modelType: string, own: Fields, source: string): number =>
  modelType === "dinov2_with_registers"
    ? own["num_register_tokens"] === 0
      ? 0
      : (count(source, "num_register_tokens", own["num_register_tokens"]) ?? 4)
    : 0

/**
 * The preset for checkpoints of this family and image size; or why there is none, or more than one.
 *
 * @param size the edge of the graph's input, where that is fixed
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
        : `${type}, which the presets ${fitting.join(" and ")} share: they differ in how images get in`
  }
}
const edgeOf = (name: PresetName): number => {
  const { crop, resize } = presets[name]
  return crop?.height ?? (resize as { readonly height: number }).height
}

/** What a graph tells of itself; null where it does not, or where the user gave it. */
export interface GraphFacts {
  readonly patch: { readonly height: number; readonly width: number } | null
  readonly blocks: number | null
  readonly width: number | null
  readonly prefix: number | null
  readonly input: { readonly height: number | null; readonly width: number | null }
}

/** Where config.json and the graph contradict each other, in words; null where they do not. */
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

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function count(source: string, field: string, value: unknown): number | null {
  if (value === undefined || value === null) return null
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value
  throw new ModelConfigError(`${source}: ${field}: expected a positive integer, got ${JSON.stringify(value)}`)
}
