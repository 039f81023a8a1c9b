/** `probeline encoders …`: what an encoder is, and what it sees. Declarations alone: what they do is loaded when asked. */
import { defineStageCommand, type StageCommandGroup } from "../../../src/pipeline/command.ts"
import { presetNames } from "../presets.ts"

const overwrite = { kind: "flag", doc: "replace files that are there" } as const
const modelWord = { name: "file", take: "one", doc: "a vision transformer in ONNX" } as const

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
    all: { kind: "flag", doc: "list every tap with its tensor" }
  },
  examples: [
    ["encoders inspect model.onnx", "its taps by pattern"],
    ["encoders inspect model.onnx --json | jq -r '.taps[].name'", "their names"]
  ],
  run: async (args) => (await import("./inspect.ts")).inspectCommand(args)
})

const preview = defineStageCommand({
  name: "preview",
  doc: "an image as an encoder sees it, with its token grid and each object's patches",
  positionals: [{ name: "image", take: "one", doc: "a JPEG, PNG, WebP, GIF or TIFF file" }],
  options: {
    encoder: { kind: "text", value: "FILE", doc: "an ONNX file, preprocessor_config.json beside it" },
    preset: { kind: "choice", of: presetNames, doc: "or a preprocessing by name" },
    patch: {
      kind: "count",
      value: "N",
      doc: "with --preset: pixels a patch, if not those of its checkpoint"
    },
    annotations: { kind: "text", value: "FILE", doc: "COCO instances JSON that names the image" },
    output: {
      kind: "text",
      alias: "o",
      value: "PATH",
      doc: "the PNG to write (IMAGE.preview.png in this folder, if neither this nor --npy is given)"
    },
    npy: { kind: "text", value: "PATH", doc: "write the very tensor: float32 [3, height, width]" },
    overwrite
  },
  examples: [
    ["encoders preview 000000000139.jpg --preset clip", "what CLIP's crop leaves of it"],
    [
      "encoders preview 000000000139.jpg --encoder model.onnx --annotations instances.json",
      "which patches each object covers, and how much of them"
    ],
    ["encoders preview 000000000139.jpg --encoder model.onnx --npy x.npy", "for numpy.load"]
  ],
  run: async (args, context) => (await import("./preview.ts")).previewCommand(args, context)
})

export const encoders: StageCommandGroup = {
  name: "encoders",
  doc: "vision encoders in ONNX: what they are, and what they see",
  commands: [inspect, preview]
}
