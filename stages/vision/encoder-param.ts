/** How a pipeline names an encoder: `onnx(path)`, `hub(repository)`, and the parameter that both fill in. */
import { file, type FileRef, param, type Values } from "../../src/index.ts"
import { candidates, checkHubModel } from "../hub/reference.ts"
import { presetNames, type PresetName } from "./presets.ts"

/** The name of a preset, for models without a `preprocessor_config.json` beside them. */
export const presetParam = param.maybe(param.choice(presetNames), {
  doc: "preprocessing by name, if there is no preprocessor_config.json beside the model"
})
const modelParams = {
  model: param.maybe(param.file(), { doc: "a vision transformer in ONNX; null if it is on a hub" }),
  hub: param.maybe(
    param.struct({
      repo: param.text({ doc: "such as Xenova/clip-vit-base-patch16" }),
      revision: param.text({ default: "main", doc: "a branch, tag or commit" }),
      file: param.maybe(param.text(), {
        doc: `path in the repository; default: the first of ${candidates.join(", ")}`
      })
    }),
    { doc: "a vision transformer on a Hugging Face hub; null if it is a file" }
  )
}
/** A file with the preprocessing, for models that are asked about with another one than theirs. */
export const preprocessorParam = param.maybe(param.file(), {
  doc: "a preprocessor_config.json to use in place of the one beside the model"
})
/** Taps by tensor, for graphs with an unrecognised structure, and other facts that such a graph may not reveal. */
const structureParams = {
  taps: param.maybe(
    param.list(
      param.struct({
        name: param.text({ doc: "such as block.*.resid_post, where * stands for a number" }),
        tensor: param.text({ doc: "the tensor's name in the graph, with * for the same number" })
      })
    ),
    { doc: "taps by tensor, instead of those found by the graph's structure" }
  ),
  patch: param.maybe(param.int({ min: 1 }), { doc: "patch size in pixels, if the graph does not say" }),
  prefix: param.maybe(param.int({ min: 0 }), {
    doc: "tokens before the patches (CLS, registers), if the graph does not say"
  }),
  classToken: param.maybe(param.bool(), {
    doc: "whether the first of these is CLS; false if all are registers; null: as in config.json, else true"
  })
}
export const encoderParam = param.struct(
  { ...modelParams, preset: presetParam, preprocessor: preprocessorParam, ...structureParams },
  {
    doc: "an encoder: onnx(path, preset?), onnx(path, { preset, preprocessor, taps, patch, prefix, classToken }) or hub(repository, { file, revision, … })"
  }
)
type EncoderValues = Values<{ encoder: typeof encoderParam }>["encoder"]
/** Structure that is not given is read from the graph. */
export type Encoder = Pick<EncoderValues, "model" | "preset"> & Partial<EncoderValues>

export interface OnnxOptions {
  /** the preprocessing, if there is no `preprocessor_config.json` beside the model */
  readonly preset?: PresetName | null
  /** a `preprocessor_config.json` to use in place of the one beside the model; relative to the pipeline file */
  readonly preprocessor?: string | FileRef | null
  /**
   * Names of taps and their tensors, for graphs with an unrecognised structure; they replace the taps found by
   * structure. `*` stands for the same number in both: `{ "block.*.resid_post": "/encoder/layer.*\/Add_1_output_0"
   * }`.
   */
  readonly taps?: Readonly<Record<string, string>>
  /** patch size in pixels, if the graph does not say */
  readonly patch?: number
  /** tokens before the patches (CLS, registers), if the graph does not say */
  readonly prefix?: number
  /**
   * false if all tokens before the patches are registers; by default the first is CLS, unless `config.json` says
   * otherwise
   */
  readonly classToken?: boolean
}

/** An encoder in an ONNX file; a path in a pipeline file is relative to that file. */
export function onnx(model: string | FileRef, options: PresetName | OnnxOptions | null = null) {
  const given: OnnxOptions = typeof options === "string" || options === null ? { preset: options } : options
  return { model: typeof model === "string" ? file(model) : model, hub: null, ...optionsOf(given) }
}

export interface HubOptions extends OnnxOptions {
  /** path in the repository, such as `onnx/model_quantized.onnx`; default: the first of `candidates` that exists */
  readonly file?: string
  /** a branch, tag or commit; default: `main` */
  readonly revision?: string
}

/**
 * An encoder in a repository of a Hugging Face hub: `hub("Xenova/clip-vit-base-patch16")`.
 *
 * A run downloads files that are not in the Hugging Face cache; a branch stays at the commit in the cache
 * (docs/models.md).
 *
 * @throws {RangeError} the repository, revision or file name is invalid
 */
export function hub(repo: string, options: HubOptions = {}) {
  const { file: name = null, revision = "main" } = options
  return { model: null, hub: checkHubModel({ repo, revision, file: name }), ...optionsOf(options) }
}

function optionsOf(options: OnnxOptions) {
  const { preset = null, preprocessor = null, taps, patch = null, prefix = null, classToken = null } = options
  return {
    preset,
    preprocessor: typeof preprocessor === "string" ? file(preprocessor) : preprocessor,
    taps: taps === undefined ? null : Object.entries(taps).map(([name, tensor]) => ({ name, tensor })),
    patch,
    prefix,
    classToken
  }
}
