/**
 * `baseline-activations`: what can be known of selected tokens without an encoder: where they are, how many, and their mean
 * colour. They are activations, so that probes and measures treat them as an encoder's.
 */
import { defineStage, each, failed, type Failed, type FileHandle, group, rows } from "../../src/index.ts"
import { activationColumns } from "../tables/activations.ts"
import { pickColumns } from "../tables/readers.ts"
import { sceneColumns } from "../tables/scenes.ts"
import { tokenColumns } from "../tables/tokens.ts"
import { encoderParam, gridIdentity, resolveEncoderFile, type ResolvedEncoder } from "../vision/encoder.ts"
import { openImage } from "../vision/image.ts"
import { preprocessInto } from "../vision/preprocess.ts"
import { patchColours, pixelVector, positionVector } from "./features.ts"

type Inputs = Pick<ResolvedEncoder, "preprocessing" | "inputSize" | "grid">

export const baselineActivations = defineStage.itemwise("baseline-activations", {
  doc: "position and size, and mean colour, of selected tokens, as the taps `position` and `pixel`",
  inputs: {
    scenes: each(pickColumns(sceneColumns, "image")),
    tokens: group(tokenColumns)
  },
  params: { encoder: encoderParam },
  identity: gridIdentity,
  chunk: 16,
  output: rows(activationColumns),
  rowKey: ["selection", "task", "source", "object", "token"],
  open: ({ encoder }): Promise<Inputs> => resolveEncoderFile(encoder),
  compute: (items, { resource: { preprocessing, inputSize, grid } }) =>
    Promise.all(
      items.map(async ({ scenes, tokens }) => {
        if (tokens.length === 0) return []
        const input = await inputOf(scenes.image, preprocessing, inputSize)
        if (!(input instanceof Float32Array)) return input
        const colours = patchColours(input, inputSize, grid)
        return tokens.map(({ selection, task, source, object, token, indices, weights }) => ({
          selection,
          task,
          source,
          object,
          token,
          encoder_digest: null,
          blocks: null,
          activation: {
            position: positionVector(grid, indices, weights),
            pixel: pixelVector(colours, grid, indices, weights)
          }
        }))
      })
    )
})

/** [3, H, W] as the encoder gets it. An unreadable image fails only its item. */
async function inputOf(
  file: FileHandle,
  preprocessing: Inputs["preprocessing"],
  { height, width }: Inputs["inputSize"]
): Promise<Float32Array | Failed> {
  try {
    const image = await (await openImage(await file.bytes())).decode(preprocessing.alpha)
    const input = new Float32Array(3 * height * width)
    preprocessInto(image, preprocessing, input, 0)
    return input
  } catch (error) {
    return failed((error as Error).message)
  }
}
