/**
 * Finds an encoder's preprocessing. The first of these sources counts:
 *
 * 1. the file that the user names;
 * 2. `preprocessor_config.json` beside the model, or transformers 5's `processor_config.json`;
 * 3. the named preset;
 * 4. the preset for the family and image size in `config.json`, if exactly one fits.
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
    /** the path of a `preprocessor_config.json` */
    readonly preprocessor: string | null
    readonly config: ModelConfig | null
    readonly inputEdge: number | null
  },
  reader: EncoderReader
): Promise<FoundPreprocessing> {
  const { preset, preprocessor, config, inputEdge } = given
  const inFile =
    preprocessor === null ? await fromFile(model, reader) : await fromNamedFile(preprocessor, reader)
  if (inFile !== null)
    return preset === null
      ? inFile
      : { ...inFile, from: `${inFile.from}, which goes before the preset ${preset}` }
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
      return parsedPreprocessor(config, file, "fix it, or move it away and name a preset, if one fits")
    }
  return null
}

async function fromNamedFile(file: string, reader: EncoderReader): Promise<FoundPreprocessing> {
  const config = await readJson(file, reader)
  if (config !== null) return parsedPreprocessor(config, file, "fix it, or name another file")
  throw new EncoderError(
    `there is no file ${file}, which is named as the preprocessor`,
    file,
    "check the path: in a pipeline file it is relative to that file"
  )
}

async function parsedPreprocessor(config: unknown, file: string, hint: string): Promise<FoundPreprocessing> {
  const { parsePreprocessorConfig } = await import("./preprocessor-config.ts")
  try {
    return { preprocessing: parsePreprocessorConfig(config, file), from: path.basename(file) }
  } catch (error) {
    throw new EncoderError((error as Error).message, file, hint, error)
  }
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
