/** How a pipeline names an encoder: `onnx(path)`, `hub(repository)`, and the parameter that both fill. */
import { file, type FileRef, param, type Values } from "../../src/index.ts"
import { candidates, checkHubModel } from "../hub/reference.ts"
import { presetNames, type PresetName } from "./presets.ts"

/** A preset's name, where no `preprocessor_config.json` lies beside the model. */
export const presetParam = param.maybe(param.choice(presetNames), {
  doc: "preprocessing by name, where no preprocessor_config.json lies beside the model"
})
const modelParams = {
  model: param.maybe(param.file(), { doc: "a vision transformer in ONNX; null where it is on a hub" }),
  hub: param.maybe(
    param.struct({
      repo: param.text({ doc: "such as Xenova/clip-vit-base-patch16" }),
      revision: param.text({ default: "main", doc: "a branch, a tag or a commit" }),
      file: param.maybe(param.text(), {
        doc: `in the repository; else the first of ${candidates.join(", ")}`
      })
    }),
    { doc: "a vision transformer on a Hugging Face hub; null where it is a file" }
  )
}
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
  }),
  classToken: param.maybe(param.bool(), {
    doc: "is the first of these CLS? false where all are registers; null: as config.json says, else it is"
  })
}
export const encoderParam = param.struct(
  { ...modelParams, preset: presetParam, ...structureParams },
  {
    doc: "an encoder: onnx(path, preset?), onnx(path, { preset, taps, patch, prefix, classToken }) or hub(repository, { file, revision, … })"
  }
)
type EncoderValues = Values<{ encoder: typeof encoderParam }>["encoder"]
/** What is not given of its structure is read off its graph. */
export type Encoder = Pick<EncoderValues, "model" | "preset"> & Partial<EncoderValues>

export interface OnnxOptions {
  /** how images get in, where no `preprocessor_config.json` lies beside the model */
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
  /** false where all tokens before the patches are registers; else the first is CLS, unless `config.json` says it is not */
  readonly classToken?: boolean
}

/** An encoder in an ONNX file; a path in a pipeline file is relative to that file. */
export function onnx(model: string | FileRef, options: PresetName | OnnxOptions | null = null) {
  const given: OnnxOptions = typeof options === "string" || options === null ? { preset: options } : options
  return { model: typeof model === "string" ? file(model) : model, hub: null, ...optionsOf(given) }
}

export interface HubOptions extends OnnxOptions {
  /** in the repository, such as `onnx/model_quantized.onnx`; else the first of `candidates` that is there */
  readonly file?: string
  /** a branch, a tag or a commit; `main` if left out */
  readonly revision?: string
}

/**
 * An encoder in a repository of a Hugging Face hub: `hub("Xenova/clip-vit-base-patch16")`.
 *
 * A run downloads what is not in the Hugging Face cache yet; a branch stays at the commit that the cache has of it
 * (docs/models.md).
 *
 * @throws {RangeError} no repository, revision or file can have this name
 */
export function hub(repo: string, options: HubOptions = {}) {
  const { file: name = null, revision = "main" } = options
  return { model: null, hub: checkHubModel({ repo, revision, file: name }), ...optionsOf(options) }
}

function optionsOf(options: OnnxOptions) {
  const { preset = null, taps, patch = null, prefix = null, classToken = null } = options
  return {
    preset,
    taps: taps === undefined ? null : Object.entries(taps).map(([name, tensor]) => ({ name, tensor })),
    patch,
    prefix,
    classToken
  }
}
