/** The preprocessing of the chosen encoder, and how its input is divided into patches. */
import { usage } from "../../../src/support/problem.ts"
import { resolveEncoderFile } from "../../vision/encoder.ts"
import { gridOfPatches, type PatchGrid } from "../../vision/geometry.ts"
import type { Preprocessing } from "../../vision/preprocessing.ts"
import { patchOfPreset, presetOf, type PresetName } from "../../vision/presets.ts"
import type { Size } from "../../vision/resized-size.ts"
import { givenEncoder, givenStructure, type GivenWords } from "../common/given.ts"
import { withFile } from "../common/problems.ts"

export interface View {
  readonly preprocessing: Preprocessing
  /** its origin: `preset clip`; a file beside the encoder takes precedence over a preset */
  readonly from: string
  readonly gridOf: (input: Size) => PatchGrid
}

export interface ViewWords extends GivenWords {
  readonly encoder: string | null
  readonly preset: PresetName | null
}

/** @throws {Problem} neither encoder nor preset; options that a preset alone does not support; an invalid encoder */
export async function previewOf(words: ViewWords): Promise<View> {
  const { encoder, preset } = words
  const given = givenStructure(words)
  if (encoder !== null) {
    const { preprocessing, grid, origin } = await withFile(encoder, () =>
      resolveEncoderFile(givenEncoder(encoder, preset, given))
    )
    const { rows, columns, patch } = grid
    return { preprocessing, from: origin.preprocessing, gridOf: () => ({ rows, columns, patch }) }
  }
  if (preset === null)
    throw usage("--encoder or --preset is missing", "--encoder", "--preset clip, for example")
  const idle = given.taps !== null ? "--tap" : given.prefix !== null ? "--prefix" : null
  if (idle !== null) throw usage(`${idle} has no effect with --preset alone`, idle, "use it with --encoder")
  const size = given.patch ?? patchOfPreset[preset]
  return {
    preprocessing: presetOf(preset),
    from: `preset ${preset}`,
    gridOf: (input) => squares(input, size)
  }
}

function squares(input: Size, edge: number): PatchGrid {
  const grid = gridOfPatches(input, { height: edge, width: edge })
  if (grid.rows === 0 || grid.columns === 0)
    throw usage(
      `--patch ${edge}: the input of ${input.height}×${input.width} pixels is too small`,
      "--patch",
      "a smaller number"
    )
  return grid
}
