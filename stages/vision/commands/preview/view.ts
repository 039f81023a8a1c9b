/** How an image gets into the encoder that was named, and how its input is cut into patches. */
import * as path from "node:path"
import { onnx, resolveEncoderFile } from "../../encoder.ts"
import type { PatchGrid } from "../../geometry.ts"
import type { Preprocessing } from "../../preprocessing.ts"
import { patchOfPreset, presetOf, type PresetName } from "../../presets.ts"
import type { Size } from "../../resized-size.ts"
import { usage, withFile } from "../problems.ts"

export interface View {
  readonly preprocessing: Preprocessing
  readonly gridOf: (input: Size) => PatchGrid
}

/** @throws {Problem} neither or both of encoder and preset, a patch size beside an encoder, an encoder that is none */
export async function viewOf({
  encoder,
  preset,
  patch
}: {
  readonly encoder: string | null
  readonly preset: PresetName | null
  readonly patch: number | null
}): Promise<View> {
  if (encoder !== null && preset !== null)
    throw usage(
      "--encoder and --preset are both given",
      "--preset",
      "--encoder goes by the preprocessor_config.json beside its file; --preset needs no file"
    )
  if (preset !== null) {
    const size = patch ?? patchOfPreset[preset]
    return { preprocessing: presetOf(preset), gridOf: (input) => gridOfPatches(input, size) }
  }
  if (encoder === null)
    throw usage("whose eyes? --encoder or --preset is missing", "--encoder", "--preset clip, for example")
  if (patch !== null)
    throw usage(
      "--patch is of no use with --encoder",
      "--patch",
      "the file itself says how large patches are"
    )
  const { preprocessing, grid } = await withFile(encoder, () =>
    resolveEncoderFile(onnx(path.resolve(encoder)))
  )
  return { preprocessing, gridOf: () => ({ rows: grid.rows, columns: grid.columns }) }
}

function gridOfPatches({ height, width }: Size, patch: number): PatchGrid {
  const [rows, columns] = [Math.floor(height / patch), Math.floor(width / patch)]
  if (rows === 0 || columns === 0)
    throw usage(
      `--patch ${patch}: the input of ${height}×${width} pixels has no such patch`,
      "--patch",
      "a smaller number"
    )
  return { rows, columns }
}
