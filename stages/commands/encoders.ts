/** `probeline encoders …`: what an encoder is, and what it sees. Declarations alone: what they do is loaded when asked. */
import { defineStageCommand, type StageCommandGroup } from "../../src/index.ts"
import { presetNames } from "../vision/presets.ts"

const overwrite = { kind: "flag", doc: "replace files that are there" } as const
const modelWord = { name: "file", arity: "one", doc: "a vision transformer in ONNX" } as const
/** For graphs that do not tell; see docs/taps.md. */
const structureOptions = {
  tap: {
    kind: "texts",
    value: "NAME=TENSOR",
    doc: "a tap by its tensor, in place of those found by structure; * stands for a number in both"
  },
  patch: { kind: "count", value: "N", doc: "pixels a patch, if the graph does not tell" },
  prefix: { kind: "text", value: "N", doc: "tokens before the patches, if the graph does not tell" }
} as const

const inspect = defineStageCommand({
  name: "inspect",
  doc: "what an encoder is: inputs, outputs, blocks, width, token grid, taps",
  positionals: [modelWord],
  options: {
    preset: {
      kind: "choice",
      of: presetNames,
      doc: "the preprocessing, where no preprocessor_config.json lies beside the file"
    },
    all: { kind: "flag", doc: "list every tap with its tensor" },
    ...structureOptions
  },
  examples: [
    ["encoders inspect model.onnx", "its taps by pattern"],
    ["encoders inspect model.onnx --json | jq -r '.taps[].name'", "their names"]
  ],
  run: async (args) => (await import("./inspect.ts")).inspectCommand(args)
})

const tap = defineStageCommand({
  name: "tap",
  doc: "write a copy with taps as outputs under their stable names, for use from Python",
  positionals: [modelWord],
  options: {
    output: { kind: "text", alias: "o", value: "PATH", doc: "the model to write" },
    taps: {
      kind: "text",
      value: "PATTERNS",
      doc: "which, such as block.{6,9,11}.resid_post,final.norm; all, if not said"
    },
    ...structureOptions,
    overwrite
  },
  examples: [
    [
      "encoders tap model.onnx -o tapped.onnx",
      "InferenceSession('tapped.onnx').run(['block.0.resid_post'], …)"
    ],
    ["encoders tap model.onnx -o tapped.onnx --taps 'block.*.resid_post'", "what leaves each block"]
  ],
  run: async (args) => (await import("./tap.ts")).tapCommand(args)
})

const preview = defineStageCommand({
  name: "preview",
  doc: "an image as an encoder sees it, with its token grid and each object's patches",
  positionals: [{ name: "image", arity: "one", doc: "a JPEG, PNG, WebP, GIF or TIFF file" }],
  options: {
    encoder: { kind: "text", value: "FILE", doc: "an ONNX file: its preprocessing, grid and patches" },
    preset: {
      kind: "choice",
      of: presetNames,
      doc: "a preprocessing by name: alone, or where no preprocessor_config.json lies beside the encoder"
    },
    annotations: { kind: "text", value: "FILE", doc: "COCO instances JSON that names the image" },
    output: {
      kind: "text",
      alias: "o",
      value: "PATH",
      doc: "the PNG to write (IMAGE.preview.png in this folder, if neither this nor --npy is given)"
    },
    npy: { kind: "text", value: "PATH", doc: "write the very tensor: float32 [3, height, width]" },
    overwrite,
    ...structureOptions,
    patch: {
      kind: "count",
      value: "N",
      doc: "pixels a patch, if the graph does not tell, or they are not those of the preset's checkpoint"
    }
  },
  examples: [
    ["encoders preview 000000000139.jpg --preset clip", "what CLIP's crop leaves of it"],
    [
      "encoders preview 000000000139.jpg --encoder model.onnx --annotations instances.json",
      "which patches each object covers, and how much of them"
    ],
    ["encoders preview 000000000139.jpg --encoder model.onnx --preset dinov2 --npy x.npy", "for numpy.load"]
  ],
  run: async (args, context) => (await import("./preview.ts")).previewCommand(args, context)
})

const check = defineStageCommand({
  name: "check",
  doc: "compare an export by tools/export_encoder.py with what the Python model gave",
  positionals: [{ name: "folder", arity: "one", doc: "what tools/export_encoder.py wrote" }],
  options: {
    tolerance: {
      kind: "text",
      value: "X",
      doc: "relative error that a token's state may have (1e-4; float16 needs about 1e-2)"
    },
    levels: { kind: "text", value: "N", doc: "levels of 255 by which a pixel may differ (1)" }
  },
  examples: [["encoders check exported/vit", "exit code 1 if it is another model"]],
  run: async (args) => (await import("./check.ts")).checkCommand(args)
})

const fetch = defineStageCommand({
  name: "fetch",
  doc: "download a model of a Hugging Face hub into the usual cache",
  positionals: [{ name: "repo", arity: "one", doc: "a repository, such as Xenova/clip-vit-base-patch16" }],
  options: {
    revision: { kind: "text", value: "REV", doc: "a branch, tag or commit (main)" },
    file: { kind: "text", value: "PATH", doc: "the ONNX file in it (onnx/vision_model.onnx, or the like)" },
    refresh: { kind: "flag", doc: "ask where the branch or tag is now, though the cache knows a commit" }
  },
  examples: [
    ["encoders fetch Xenova/clip-vit-base-patch16", 'for hub("Xenova/clip-vit-base-patch16") in a pipeline']
  ],
  run: async (args, context) => (await import("./fetch.ts")).fetchCommand(args, context)
})

export const encoders: StageCommandGroup = {
  name: "encoders",
  doc: "vision encoders in ONNX: what they are, and what they see",
  commands: [inspect, tap, preview, check, fetch]
}
