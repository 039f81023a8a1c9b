/**
 * `probeline encoders …`: describes encoders and shows how they see images. Declarations only; implementations load
 * on demand.
 */
import { defineStageCommand, type StageCommandGroup } from "../../src/index.ts"
import { presetNames } from "../vision/presets.ts"

const overwrite = { kind: "flag", doc: "replace existing files" } as const
const modelWord = { name: "file", arity: "one", doc: "a vision transformer in ONNX" } as const
/** For graphs that do not reveal their structure; see docs/taps.md. */
const structureOptions = {
  tap: {
    kind: "texts",
    value: "NAME=TENSOR",
    doc: "name a tap and its tensor yourself instead of using detected taps; * matches the same number in both"
  },
  patch: { kind: "count", value: "N", doc: "patch size in pixels, if the graph does not say" },
  prefix: { kind: "text", value: "N", doc: "tokens before the patches, if the graph does not say" }
} as const

const inspect = defineStageCommand({
  name: "inspect",
  doc: "show an encoder's inputs, outputs, blocks, width, token grid and taps",
  positionals: [modelWord],
  options: {
    preset: {
      kind: "choice",
      of: presetNames,
      doc: "the preprocessing, if there is no preprocessor_config.json beside the file"
    },
    all: { kind: "flag", doc: "list every tap with its tensor" },
    ...structureOptions
  },
  examples: [
    ["encoders inspect model.onnx", "list its taps by pattern"],
    ["encoders inspect model.onnx --json | jq -r '.taps[].name'", "print their names"]
  ],
  run: async (args) => (await import("./inspect.ts")).inspectCommand(args)
})

const tap = defineStageCommand({
  name: "tap",
  doc: "write a copy with its taps as outputs under their stable names, for use in Python",
  positionals: [modelWord],
  options: {
    output: { kind: "text", alias: "o", value: "PATH", doc: "the model to write" },
    taps: {
      kind: "text",
      value: "PATTERNS",
      doc: "which taps, such as block.{6,9,11}.resid_post,final.norm (default: all)"
    },
    ...structureOptions,
    overwrite
  },
  examples: [
    [
      "encoders tap model.onnx -o tapped.onnx",
      "InferenceSession('tapped.onnx').run(['block.0.resid_post'], …)"
    ],
    ["encoders tap model.onnx -o tapped.onnx --taps 'block.*.resid_post'", "only the output of each block"]
  ],
  run: async (args) => (await import("./tap.ts")).tapCommand(args)
})

const preview = defineStageCommand({
  name: "preview",
  doc: "draw an image as an encoder sees it, with the token grid and each object's patches",
  positionals: [{ name: "image", arity: "one", doc: "a JPEG, PNG, WebP, GIF or TIFF file" }],
  options: {
    encoder: { kind: "text", value: "FILE", doc: "an ONNX file, for its preprocessing, grid and patches" },
    preset: {
      kind: "choice",
      of: presetNames,
      doc: "a preprocessing by name: alone, or if there is no preprocessor_config.json beside the encoder"
    },
    annotations: { kind: "text", value: "FILE", doc: "COCO instances JSON that lists the image" },
    output: {
      kind: "text",
      alias: "o",
      value: "PATH",
      doc: "the PNG to write (default without --npy: IMAGE.preview.png in this folder)"
    },
    npy: { kind: "text", value: "PATH", doc: "write the input tensor: float32 [3, height, width]" },
    overwrite,
    ...structureOptions,
    patch: {
      kind: "count",
      value: "N",
      doc: "patch size in pixels, if the graph does not say or the preset's differs"
    }
  },
  examples: [
    ["encoders preview 000000000139.jpg --preset clip", "show what CLIP's crop keeps"],
    [
      "encoders preview 000000000139.jpg --encoder model.onnx --annotations instances.json",
      "show how much of each patch every object covers"
    ],
    [
      "encoders preview 000000000139.jpg --encoder model.onnx --preset dinov2 --npy x.npy",
      "write the tensor for numpy.load"
    ]
  ],
  run: async (args, context) => (await import("./preview.ts")).previewCommand(args, context)
})

const check = defineStageCommand({
  name: "check",
  doc: "compare an export by tools/export_encoder.py with the Python model's results",
  positionals: [{ name: "folder", arity: "one", doc: "the folder that tools/export_encoder.py wrote" }],
  options: {
    tolerance: {
      kind: "text",
      value: "X",
      doc: "largest relative error of a token's state (default: 1e-4; float16 needs about 1e-2)"
    },
    levels: { kind: "text", value: "N", doc: "largest difference of a pixel, in levels of 255 (default: 1)" }
  },
  examples: [["encoders check exported/vit", "exit with 1 if they differ"]],
  run: async (args) => (await import("./check.ts")).checkCommand(args)
})

const fetch = defineStageCommand({
  name: "fetch",
  doc: "download a model from a Hugging Face hub into the Hugging Face cache",
  positionals: [{ name: "repo", arity: "one", doc: "a repository, such as Xenova/clip-vit-base-patch16" }],
  options: {
    revision: { kind: "text", value: "REV", doc: "a branch, tag or commit (default: main)" },
    file: {
      kind: "text",
      value: "PATH",
      doc: "the ONNX file in it (default: onnx/vision_model.onnx or similar)"
    },
    refresh: {
      kind: "flag",
      doc: "look up the current commit of the branch or tag, even if the cache has one"
    }
  },
  examples: [
    ["encoders fetch Xenova/clip-vit-base-patch16", 'for hub("Xenova/clip-vit-base-patch16") in a pipeline']
  ],
  run: async (args, context) => (await import("./fetch.ts")).fetchCommand(args, context)
})

export const encoders: StageCommandGroup = {
  name: "encoders",
  doc: "inspect, tap, preview, check and download vision encoders in ONNX",
  commands: [inspect, tap, preview, check, fetch]
}
