/**
 * Reads a Hugging Face `preprocessor_config.json` like transformers 5.23, in all its historical shapes. A setting
 * that neither the file nor its processor class defines is an error, never a guess: a wrong crop or filter would
 * silently shift every token.
 *
 * This module loads valibot: import it lazily, where a file is read.
 */
import type { InferOutput } from "valibot"
import { checkJson, isObject, type JsonObject } from "../json/check-json.ts"
import type { Preprocessing } from "./preprocessing.ts"
import { preprocessorSettings } from "./preprocessor-settings.ts"
import { processorClasses, type ProcessorClass } from "./processor-classes.ts"

/** A setting is missing, malformed, or means something that `Preprocessing` cannot express. */
export class PreprocessorConfigError extends Error {
  override readonly name = "PreprocessorConfigError"
  /** the setting's name in the file */
  readonly field: string

  constructor(source: string, field: string, problem: string) {
    super(`${source}: ${field}: ${problem}`)
    this.field = field
  }
}

/** Settings that change no pixel here: names of classes, or formats of the Python call. */
const metadata = new Set([
  "image_processor_type",
  "feature_extractor_type",
  "processor_class",
  "_processor_class",
  "_valid_processor_keys",
  "data_format",
  "input_data_format",
  "device",
  "disable_grouping",
  "return_tensors"
])

/** Settings that are read below; `pad_size` matters only with `do_pad`, which is refused. */
const known = new Set([...Object.keys(preprocessorSettings), "default_to_square", "pad_size"])

/**
 * @param config the parsed JSON of a `preprocessor_config.json`, or of a `processor_config.json` with the same under
 *   `image_processor`
 * @param source what to call the file in errors
 * @throws {PreprocessorConfigError}
 */
export function parsePreprocessorConfig(config: unknown, source = "preprocessor_config.json"): Preprocessing {
  if (!isObject(config)) throw new PreprocessorConfigError(source, "(root)", "expected a JSON object")
  if (isObject(config["image_processor"])) return parsePreprocessorConfig(config["image_processor"], source)
  return new Reader(config, source).read()
}

type Setting<F extends keyof typeof preprocessorSettings> = InferOutput<(typeof preprocessorSettings)[F]>

class Reader {
  readonly #config: JsonObject
  readonly #source: string
  readonly #className: string | undefined
  readonly #class: ProcessorClass | undefined

  constructor(config: JsonObject, source: string) {
    this.#config = config
    this.#source = source
    const type = config["image_processor_type"] ?? config["feature_extractor_type"]
    this.#className = typeof type === "string" ? type : undefined
    this.#class = processorClasses.get(
      this.#className?.replace(/(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/, "") ?? ""
    )
  }

  /** A setting is checked only if it has an effect; settings of disabled steps may hold anything. */
  read(): Preprocessing {
    this.#refuseUnknown()
    const resized = this.#setting("do_resize")
    const cropped = this.#setting("do_center_crop")
    const normalised = this.#setting("do_normalize")
    return {
      ...(this.#blendsAlpha() ? { alpha: "white" } : {}),
      resize: resized ? this.#resize() : null,
      crop: cropped ? this.#setting("crop_size") : null,
      ...(cropped && this.#cropRounding() === "half_even" ? { cropRounding: "half-even" } : {}),
      // without a resize the filter has no effect, and the field may be missing
      resample: resized ? this.#setting("resample") : "bilinear",
      rescale: this.#setting("do_rescale") ? this.#setting("rescale_factor") : 1,
      mean: normalised ? this.#setting("image_mean") : [0, 0, 0],
      std: normalised ? this.#setting("image_std") : [1, 1, 1]
    }
  }

  #refuseUnknown(): void {
    for (const [field, value] of Object.entries(this.#config)) {
      if (value === null || metadata.has(field) || known.has(field) || this.#class?.irrelevant?.test(field))
        continue
      this.#fail(field, "unknown setting; if it doesn't change the encoder's image, remove it from the file")
    }
    if (this.#config["do_pad"] !== undefined && this.#setting("do_pad"))
      this.#fail("do_pad", "padding is not supported; set it to false if the image already has its size")
  }

  /**
   * Images are always converted to RGB here, because a processor that does not would fail on others. The setting
   * decides whether alpha is blended, as in transformers 5, or dropped, as when users call `convert("RGB")` first.
   * Without a known class, as in timm's and open_clip's exports, it is dropped, as in `PilBackend`.
   */
  #blendsAlpha(): boolean {
    return (
      (Object.hasOwn(this.#config, "do_convert_rgb") || this.#class !== undefined) &&
      this.#setting("do_convert_rgb")
    )
  }

  #resize(): NonNullable<Preprocessing["resize"]> {
    const size = this.#setting("size")
    if (typeof size !== "number") return size
    return this.#squareSize()
      ? { kind: "exact", height: size, width: size }
      : { kind: "shortest-edge", edge: size }
  }

  #squareSize(): boolean {
    const said = this.#config["default_to_square"]
    if (typeof said === "boolean") return said
    if (this.#class !== undefined) return this.#class.squareSize
    return this.#fail(
      "size",
      "an integer may mean a square or the shortest edge, depending on the processor class, which is not known " +
        'here: write {"height": …, "width": …} or {"shortest_edge": …}'
    )
  }

  /** Probeline's own setting; no class has a default for it. */
  #cropRounding(): Setting<"crop_rounding"> {
    return this.#config["crop_rounding"] == null ? "down" : this.#setting("crop_rounding")
  }

  #setting<F extends keyof typeof preprocessorSettings>(field: F): Setting<F> {
    const fail = (at: string, problem: string) => this.#fail(at, problem)
    return checkJson(preprocessorSettings[field], this.#value(field), fail, field) as Setting<F>
  }

  /** As in transformers, an explicit null is kept; it does not mean the default. */
  #value(field: string): unknown {
    if (Object.hasOwn(this.#config, field)) return this.#config[field]
    const defaults = this.#class?.defaults
    if (defaults !== undefined) return defaults[field] ?? null
    return this.#fail(
      field,
      this.#className === undefined
        ? "missing, and the file names no image_processor_type to take a default from: set it explicitly"
        : `missing, and the defaults of "${this.#className}" are not known here: set it explicitly`
    )
  }

  #fail(field: string, problem: string): never {
    throw new PreprocessorConfigError(this.#source, field, problem)
  }
}
