/** `encoders check`: tests whether an exported encoder behaves like the original model. */
import { statSync } from "node:fs"
import type { Answer, Terminal } from "../../src/index.ts"
import { Problem, usage } from "../../src/support/problem.ts"
import { checkEncoder, type EncoderCheck } from "../vision/check-encoder.ts"
import { ofAllBlocks } from "./inspect-text.ts"
import { withFile } from "./common/problems.ts"

export interface CheckArgs {
  readonly folder: string
  readonly tolerance: string | null
  readonly levels: string | null
}

/** @throws {Problem} Usage: an invalid number; InputInvalid: a file in the folder is missing or malformed */
export async function checkCommand({ folder, tolerance, levels }: CheckArgs): Promise<Answer> {
  const options = { ...number("tolerance", tolerance), ...number("levels", levels) }
  if (!(await withFile(folder, () => isFolder(folder))))
    throw new Problem("InputInvalid", `there is no folder ${folder}`, {
      file: folder,
      hint: "give the folder that tools/export_encoder.py wrote"
    })
  const check = await withFile(folder, () => checkEncoder(folder, options))
  return { json: check, text: (look) => checkText(check, look), exitCode: check.ok ? 0 : 1 }
}

const isFolder = (at: string) => statSync(at, { throwIfNoEntry: false })?.isDirectory() === true

function number<N extends string>(name: N, text: string | null): { readonly [K in N]?: number } {
  if (text === null) return {}
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw usage(`--${name}: expected a number ≥ 0, got "${text}"`, `--${name}`, "1e-4, for example")
  // TypeScript widens a computed key to string
  return { [name]: value } as { [K in N]: number }
}

function checkText(check: EncoderCheck, { paint, table }: Terminal): string {
  const { model, name, versions, pixels, taps, unchecked, tolerance, levels, ok } = check
  const mark = (isRight: boolean) => (isRight ? "ok" : "DIFFERS")
  const apart =
    pixels.worst === null
      ? `ours have shape [${pixels.shape.join(", ")}], Python's [${pixels.reference.join(", ")}]; or a value is not finite`
      : `within ${pixels.worst.toFixed(2)} levels of 255, ${pixels.mean!.toFixed(4)} on average (allowed: ${levels})`
  return [
    `${paint("bold", model)}  ${paint("dim", name)}`,
    `  ${paint("dim", "made with")}  ${Object.entries(versions)
      .map(([part, version]) => `${part} ${version}`)
      .join(", ")}`,
    `  ${paint("dim", "pixels")}     ${mark(pixels.ok)}, ${apart}`,
    "",
    table(
      ["tap", "shape", "error", "token", ""],
      taps.map(({ tap, shape, error, token, ok: isRight }) => [
        tap,
        shape === null ? "missing" : shape.join("×"),
        error === null ? "–" : error.toExponential(1),
        token,
        mark(isRight)
      ])
    ),
    ...(unchecked.length === 0
      ? []
      : [`  not in the reference: ${[...new Set(unchecked.map(ofAllBlocks))].join(", ")}`]),
    "",
    ok
      ? paint("green", `OK: the export matches the Python model (max. relative error ≤ ${tolerance}).`)
      : paint("red", `FAILED: the export differs from the Python model by more than ${tolerance}.`)
  ].join("\n")
}
