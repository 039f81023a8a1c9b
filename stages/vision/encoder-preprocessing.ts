/**
 * Finds an encoder's preprocessing. The first of these sources counts:
 *
 * 1. `preprocessor_config.json` beside the model, or transformers 5's `processor_config.json`;
 * 2. the named preset;
 * 3. the preset for the family and image size in `config.json`, if exactly one fits.
 *
 * A user's own file takes precedence over a preset, which describes only a family's published checkpoints.
 */
import * as path from "node:path"
import { EncoderError } from "./encoder-error.ts"
import type { EncoderReader } from "./encoder-reader.ts"
import type { ModelConfig } from "./model-config.ts"
import type { ModelFile } from "./model-file.ts"
import type { Preprocessing } from "./preprocessing.ts"
import { presetNames, presetOf } from "./presets.ts"

export interface FoundPreprocessing {
  readonly preprocessing: Preprocessing
  /** its origin: `preprocessor_config.json`, `preset clip` */
  readonly from: string
}

/**
 * @param inputEdge the edge of the graph's input in pixels, if fixed
 * @throws {EncoderError} a file is malformed, or there is no preprocessing
 */
export async function preprocessingOf(
  model: ModelFile,
  given: {
    readonly preset: string | null
    readonly config: ModelConfig | null
    readonly inputEdge: number | null
  },
  reader: EncoderReader
): Promise<FoundPreprocessing> {
  const { preset, config, inputEdge } = given
  const beside = await fromFile(model, reader)
  if (beside !== null)
    return preset === null
      ? beside
      : { ...beside, from: `${beside.from}, which goes before the preset ${preset}` }
  if (preset !== null) return { preprocessing: presetOf(preset), from: `preset ${preset}` }
  const family = config === null ? null : (await import("./model-config.ts")).presetFor(config, inputEdge)
  if (family !== null && "preset" in family)
    return {
      preprocessing: presetOf(family.preset),
      from: `preset ${family.preset}, by config.json's model_type "${config!.modelType}"`
    }
  const why = family === null ? "" : `; ${family.problem}`
  throw new EncoderError(
    `no preprocessing found for ${model.path}: there is no ${path.join(model.configFolders[0]!, names[0]!)}, and no preset is named${why}`,
    model.path,
    `put the checkpoint's preprocessor_config.json beside the model, or name a preset (${presetNames.join(", ")})`
  )
}

const names = ["preprocessor_config.json", "processor_config.json"]

async function fromFile(model: ModelFile, reader: EncoderReader): Promise<FoundPreprocessing | null> {
  for (const folder of model.configFolders)
    for (const name of names) {
      const file = path.join(folder, name)
      const config = await readJson(file, reader)
      // a processor with several parts may have none for images
      if (config === null || (name === names[1] && !hasImageProcessor(config))) continue
      const { parsePreprocessorConfig } = await import("./preprocessor-config.ts")
      try {
        return { preprocessing: parsePreprocessorConfig(config, file), from: name }
      } catch (error) {
        throw new EncoderError(
          (error as Error).message,
          file,
          "fix it, or move it away and name a preset, if one fits",
          error
        )
      }
    }
  return null
}
const hasImageProcessor = (config: unknown): boolean =>
  typeof config === "object" && config !== null && "image_processor" in config

/** The contents of a `config.json`; null for what it lacks. */
export interface FoundConfig {
  readonly file: string
  /** null if the family is unknown */
  readonly config: ModelConfig | null
  /** see `classTokenIn` */
  readonly classToken: boolean | null
}

/** The nearest useful `config.json`; null if there is none. */
export async function configOf(model: ModelFile, reader: EncoderReader): Promise<FoundConfig | null> {
  for (const folder of model.configFolders) {
    const file = path.join(folder, "config.json")
    const parsed = await readJson(file, reader)
    if (parsed === null) continue
    const { classTokenIn, parseModelConfig } = await import("./model-config.ts")
    try {
      const config = parseModelConfig(parsed, file)
      const classToken = classTokenIn(parsed, file)
      return config === null && classToken === null ? null : { file, config, classToken }
    } catch (error) {
      throw new EncoderError((error as Error).message, file, "fetch the file again", error)
    }
  }
  return null
}

async function readJson(file: string, reader: EncoderReader): Promise<unknown> {
  const text = await reader.textIfPresent(file)
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new EncoderError(
      `${file} is not JSON: ${(error as Error).message}`,
      file,
      "fetch the file again",
      error
    )
  }
}
