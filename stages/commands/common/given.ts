/** The user's description of an encoder's structure, for graphs that do not reveal it. */
import { usage } from "../../../src/support/problem.ts"
import * as path from "node:path"
import { onnx } from "../../vision/encoder.ts"
import type { GivenStructure } from "../../onnx/describe.ts"
import type { PresetName } from "../../vision/presets.ts"

export interface GivenWords {
  /** NAME=TENSOR, as in the `taps` of `onnx(path, { taps })` */
  readonly tap: ReadonlyArray<string>
  readonly patch: number | null
  readonly prefix: string | null
}

/** @throws {Problem} Usage: an invalid option */
export function givenStructure({ tap, patch, prefix }: GivenWords): GivenStructure {
  if (prefix !== null && !/^\d{1,6}$/.test(prefix))
    throw usage(
      `--prefix: expected a whole number ≥ 0, got "${prefix}"`,
      "--prefix",
      "use 1 for a CLS token alone"
    )
  return {
    taps: tap.length === 0 ? null : tap.map(givenTap),
    patch,
    prefix: prefix === null ? null : Number(prefix)
  }
}

function givenTap(text: string) {
  // a tap's name has no "=", but a tensor's may
  const at = text.indexOf("=")
  if (at < 1 || at === text.length - 1)
    throw usage(
      `--tap: expected NAME=TENSOR, got "${text}"`,
      "--tap",
      "--tap 'block.*.resid_post=/encoder/layer.*/Add_1_output_0', for example"
    )
  return { name: text.slice(0, at), tensor: text.slice(at + 1) }
}

/** The encoder in a file, as a pipeline would name it; the path is relative to the working directory. */
export const givenEncoder = (
  file: string,
  preset: PresetName | null,
  { taps, patch, prefix }: GivenStructure
) =>
  onnx(path.resolve(file), {
    preset,
    ...(taps === null ? {} : { taps: Object.fromEntries(taps.map(({ name, tensor }) => [name, tensor])) }),
    ...(patch === null ? {} : { patch }),
    ...(prefix === null ? {} : { prefix })
  })
