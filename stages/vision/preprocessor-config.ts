/**
 * Reads a Hugging Face `preprocessor_config.json` as transformers 5.23 does, in all the shapes it has had. What the
 * file doesn't say and its processor class doesn't settle is an error, never a guess: a wrong crop or filter would
 * shift every token without a sign.
 */

import type { Preprocessing } from "./preprocessing.ts"
import { processorClasses, resampleOfCode, type ProcessorClass } from "./processor-classes.ts"

/** A setting that is missing, malformed, or means something that `Preprocessing` can't express. */
export class PreprocessorConfigError extends Error {
  override readonly name = "PreprocessorConfigError"
  /** the setting's name in the file */
  readonly field: string

  constructor(source: string, field: string, problem: string) {
    super(`${source}: ${field}: ${problem}`)
    this.field = field
  }
}

/** Settings that change no pixel here: names of classes, or of formats of the Python call. */
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

/** The longest edge, in pixels: no encoder takes images that are as large, and memory is allocated by it. */
const mostPixels = 8192

/** Settings that are read below. */
const known = new Set([
  "do_convert_rgb",
  "do_resize",
  "size",
  "default_to_square",
  "resample",
  "do_center_crop",
  "crop_size",
  "crop_rounding", // Probeline's own (tools/export_encoder.py), for what Hugging Face's processors can't express
  "do_pad",
  "pad_size", // has no effect without `do_pad`, which is refused
  "do_rescale",
  "rescale_factor",
  "do_normalize",
  "image_mean",
  "image_std"
])

/**
 * @param config the parsed JSON: of a `preprocessor_config.json`, or of a `processor_config.json` with the same
 *   under `image_processor`
 * @param source what to call the file in errors
 * @throws {PreprocessorConfigError}
 */
export function parsePreprocessorConfig(config: unknown, source = "preprocessor_config.json"): Preprocessing {
  if (!isObject(config)) throw new PreprocessorConfigError(source, "(root)", "expected a JSON object")
  if (isObject(config.image_processor)) return parsePreprocessorConfig(config.image_processor, source)
  return new Reader(config, source).read()
}

class Reader {
  readonly #config: Readonly<Record<string, unknown>>
  readonly #source: string
  readonly #className: string | undefined
  readonly #class: ProcessorClass | undefined

  constructor(config: Readonly<Record<string, unknown>>, source: string) {
    this.#config = config
    this.#source = source
    const type = config.image_processor_type ?? config.feature_extractor_type
    this.#className = typeof type === "string" ? type : undefined
    this.#class = processorClasses.get(
      this.#className?.replace(/(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/, "") ?? ""
    )
  }

  read(): Preprocessing {
    this.#refuseUnknown()
    const resized = this.#flag("do_resize")
    const cropped = this.#flag("do_center_crop")
    const normalised = this.#flag("do_normalize")
    return {
      ...(this.#blendsAlpha() ? { alpha: "white" } : {}),
      resize: resized ? this.#resize() : null,
      crop: cropped ? this.#crop() : null,
      ...(cropped ? this.#cropRounding() : {}),
      // without a resize the filter is idle, and the field may be missing
      resample: resized ? this.#resample() : "bilinear",
      rescale: this.#flag("do_rescale") ? this.#positive("rescale_factor", this.#value("rescale_factor")) : 1,
      mean: normalised ? this.#triple("image_mean") : [0, 0, 0],
      std: normalised ? this.#triple("image_std") : [1, 1, 1]
    }
  }

  #refuseUnknown(): void {
    for (const [field, value] of Object.entries(this.#config)) {
      if (value === null || metadata.has(field) || known.has(field) || this.#class?.irrelevant?.test(field))
        continue
      this.#fail(field, "unknown setting; if it doesn't change the encoder's image, remove it from the file")
    }
    if (this.#config.do_pad !== undefined && this.#flag("do_pad")) {
      this.#fail("do_pad", "padding is not supported; set it to false if the image already has its size")
    }
  }

  /** As in transformers, an explicit null is kept: it is no request for the default. */
  #value(field: string): unknown {
    if (Object.hasOwn(this.#config, field)) return this.#config[field]
    const defaults = this.#class?.defaults
    if (defaults !== undefined) return defaults[field] ?? null
    return this.#fail(
      field,
      this.#className === undefined
        ? "missing, and the file names no image_processor_type whose default would hold: set it explicitly"
        : `missing, and the defaults of "${this.#className}" are not known here: set it explicitly`
    )
  }

  #flag(field: string): boolean {
    const value = this.#value(field)
    if (typeof value === "boolean" || value === null) return value ?? false
    return this.#fail(field, `expected true or false, got ${JSON.stringify(value)}`)
  }

  /**
   * Images are turned to RGB here in any case, for a processor that doesn't fails on others. What it says is whether
   * alpha is blended, as transformers 5 does then, or dropped, as users do who call `convert("RGB")` before. Of no
   * known class, where timm's and open_clip's exports are, it is the latter, as `PilBackend` has it.
   */
  #blendsAlpha(): boolean {
    return "do_convert_rgb" in this.#config || this.#class !== undefined
      ? this.#flag("do_convert_rgb")
      : false
  }

  #resize(): NonNullable<Preprocessing["resize"]> {
    const size = this.#value("size")
    if (typeof size === "number") {
      const edge = this.#pixels("size", size)
      return this.#squareSize()
        ? { kind: "exact", height: edge, width: edge }
        : { kind: "shortest-edge", edge }
    }
    if (isObject(size)) {
      const keys = Object.keys(size).filter((key) => size[key] !== null)
      if (keys.length === 1 && keys[0] === "shortest_edge") {
        return { kind: "shortest-edge", edge: this.#pixels("size.shortest_edge", size.shortest_edge) }
      }
    }
    return { kind: "exact", ...this.#heightAndWidth("size", size) }
  }

  #squareSize(): boolean {
    const given = this.#config.default_to_square
    if (typeof given === "boolean") return given
    if (this.#class !== undefined) return this.#class.squareSize
    return this.#fail(
      "size",
      "an integer may mean a square or the shortest edge, depending on the processor class, which is not known " +
        'here: write {"height": …, "width": …} or {"shortest_edge": …}'
    )
  }

  #crop(): NonNullable<Preprocessing["crop"]> {
    const size = this.#value("crop_size")
    if (typeof size !== "number") return this.#heightAndWidth("crop_size", size)
    const edge = this.#pixels("crop_size", size)
    return { height: edge, width: edge }
  }

  #cropRounding(): Pick<Preprocessing, "cropRounding"> {
    const rounding = this.#config.crop_rounding ?? "down"
    if (rounding === "down") return {}
    if (rounding === "half_even") return { cropRounding: "half-even" }
    return this.#fail("crop_rounding", `expected "down" or "half_even", got ${JSON.stringify(rounding)}`)
  }

  #heightAndWidth(field: string, size: unknown): { height: number; width: number } {
    if (Array.isArray(size) && size.length === 2) {
      // (width, height) in old feature extractors, (height, width) since
      if (size[0] !== size[1]) this.#fail(field, 'a pair is ambiguous: write {"height": …, "width": …}')
      const edge = this.#pixels(field, size[0])
      return { height: edge, width: edge }
    }
    if (!isObject(size)) this.#fail(field, `expected an integer or an object, got ${JSON.stringify(size)}`)
    const others = Object.keys(size).filter(
      (key) => size[key] !== null && key !== "height" && key !== "width"
    )
    const unsupported = others.find((key) => key !== "shortest_edge") ?? others[0]
    if (unsupported !== undefined) this.#fail(`${field}.${unsupported}`, "this kind of size is not supported")
    return {
      height: this.#pixels(`${field}.height`, size.height),
      width: this.#pixels(`${field}.width`, size.width)
    }
  }

  #resample(): Preprocessing["resample"] {
    const code = this.#value("resample")
    const names = [...resampleOfCode].map(([code, name]) => `${String(code)} (${name})`).join(", ")
    return (
      resampleOfCode.get(code) ??
      this.#fail("resample", `expected one of PIL's codes ${names}, got ${JSON.stringify(code)}`)
    )
  }

  #triple(field: string): [number, number, number] {
    const value = this.#value(field)
    const channels = typeof value === "number" ? [value, value, value] : value
    if (!Array.isArray(channels) || channels.length !== 3 || !channels.every((c) => Number.isFinite(c))) {
      this.#fail(field, `expected a number or one for each of red, green, blue, got ${JSON.stringify(value)}`)
    }
    const [red, green, blue] = channels as [number, number, number]
    if (field === "image_std") for (const std of [red, green, blue]) this.#positive(field, std)
    return [red, green, blue]
  }

  #pixels(field: string, value: unknown): number {
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= mostPixels) return value
    return this.#fail(
      field,
      `expected a positive integer of pixels, up to ${mostPixels}, got ${JSON.stringify(value) ?? "nothing"}`
    )
  }

  #positive(field: string, value: unknown): number {
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value
    return this.#fail(field, `expected a positive number, got ${JSON.stringify(value)}`)
  }

  #fail(field: string, problem: string): never {
    throw new PreprocessorConfigError(this.#source, field, problem)
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
