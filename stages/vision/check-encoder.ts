/**
 * Checks whether an exported encoder behaves like the original model: compares our preprocessing and taps with what
 * the Python model gave for the same image (`encoder-reference.ts`).
 *
 * The two are judged separately: states are compared on the *Python* pixels, so that a wrong filter does not look
 * like a wrong tap.
 */
import { own } from "../../src/support/own.ts"
import { readFileSync } from "node:fs"
import { readValues, type FileTensor } from "../tensor-files/stored-tensor.ts"
import { EncoderError, resolveEncoderFile } from "./encoder.ts"
import { type EncoderReference, openReference } from "./encoder-reference.ts"
import { decodeImage } from "./image.ts"
import type { ImageShape, TapValues } from "../onnx/session.ts"
import { preprocess } from "./preprocess.ts"
import type { Preprocessing } from "./preprocessing.ts"

export interface CheckOptions {
  /** for states: see `TapCheck.error`. float16 models need about 1e-2. */
  readonly tolerance?: number
  /** for pixels: the largest allowed difference, in levels of 255 */
  readonly levels?: number
}
export interface PixelCheck {
  /** [3, height, width], ours and the reference's */
  readonly shape: ReadonlyArray<number>
  readonly reference: ReadonlyArray<number>
  /**
   * the largest and the mean difference, in levels of 255 before normalisation; null if shapes differ or a value is
   * NaN
   */
  readonly worst: number | null
  readonly mean: number | null
  readonly ok: boolean
}
export interface TapCheck {
  readonly tap: string
  /** of our tensor; null if the graph has no such tap */
  readonly shape: ReadonlyArray<number> | null
  readonly reference: ReadonlyArray<number>
  /**
   * ‖ours − reference‖₂ / ‖reference‖₂ of the worst token, so that a token of huge norm cannot hide another; null if
   * there is no such tap, shapes differ, or ours is not finite
   */
  readonly error: number | null
  /** that token's index; null without `error`, and for `pooled` */
  readonly token: number | null
  readonly ok: boolean
}
export interface EncoderCheck {
  /** absolute, or relative like the given folder */
  readonly model: string
  /** the exported model, as named by the exporter */
  readonly name: string
  readonly versions: Readonly<Record<string, string>>
  readonly tolerance: number
  readonly levels: number
  readonly pixels: PixelCheck
  /** in the model's order */
  readonly taps: ReadonlyArray<TapCheck>
  /** our taps that the reference lacks */
  readonly unchecked: ReadonlyArray<string>
  readonly ok: boolean
}

/**
 * Checks the folder that `tools/export_encoder.py` wrote. Differences are reported; missing files throw.
 *
 * @throws {EncoderError} a file in the folder is missing or malformed
 * @throws {Error} the model cannot be read, tapped or run (`OnnxError`), or the image cannot be decoded
 */
export async function checkEncoder(
  folder: string,
  { tolerance = 1e-4, levels = 1 }: CheckOptions = {}
): Promise<EncoderCheck> {
  const reference = openReference(folder)
  try {
    const { model, name, versions } = reference
    const { preprocessing, description } = await resolveEncoderFile({ model: { path: model }, preset: null })
    const pixels = await checkPixels(reference, preprocessing, levels)
    const ours = description.taps.map((tap) => tap.name)
    const taps = await checkTaps(reference, ours, tolerance)
    return {
      model,
      name,
      versions,
      tolerance,
      levels,
      pixels,
      taps,
      unchecked: ours.filter((tap) => !reference.states.has(tap)),
      ok: pixels.ok && taps.every(({ ok }) => ok)
    }
  } finally {
    reference.close()
  }
}

async function checkPixels(
  { image, pixels }: EncoderReference,
  preprocessing: Preprocessing,
  levels: number
): Promise<PixelCheck> {
  const decoded = await decodeImage(readImage(image), preprocessing.alpha).catch((cause: Error) => {
    throw new EncoderError(`${image}: ${cause.message}`, image, "export the encoder again", cause)
  })
  const { data, height, width } = preprocess(decoded, preprocessing)
  const shape = [3, height, width]
  const reference = imageShapeOf(pixels).slice(1)
  if (String(shape) !== String(reference)) return { shape, reference, worst: null, mean: null, ok: false }
  const { worst, mean } = levelsApart(data, readValues(pixels), preprocessing)
  if (!Number.isFinite(worst)) return { shape, reference, worst: null, mean: null, ok: false }
  return { shape, reference, worst, mean, ok: worst <= levels }
}

function readImage(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new EncoderError(
      `${file} cannot be read: ${(cause as Error).message}`,
      file,
      "export the encoder again",
      cause
    )
  }
}

/** A level of 255 is 1/255 before normalisation, whatever the rescaling. */
function levelsApart(ours: Float32Array, theirs: Float32Array, { rescale, std }: Preprocessing) {
  const plane = ours.length / 3
  let [worst, sum] = [0, 0]
  for (let channel = 0; channel < 3; channel++) {
    const levels = std[channel]! / rescale
    for (let i = channel * plane; i < (channel + 1) * plane; i++) {
      const apart = Math.abs(ours[i]! - theirs[i]!) * levels
      // the negated comparison also catches NaN
      if (!(apart <= worst)) worst = Number.isFinite(apart) ? apart : Infinity
      sum += apart
    }
  }
  return { worst, mean: sum / ours.length }
}

async function checkTaps(
  { model, pixels, states }: EncoderReference,
  ours: ReadonlyArray<string>,
  tolerance: number
): Promise<ReadonlyArray<TapCheck>> {
  const taps = ours.filter((tap) => states.has(tap))
  if (taps.length === 0)
    throw new EncoderError(
      `${model}: the reference has none of its taps: it has ${ours.join(", ")}, the reference ${[...states.keys()].join(", ")}`,
      model,
      "export the encoder again"
    )
  const { openEncoder } = await import("../onnx/session.ts")
  const session = await openEncoder(model, { taps })
  try {
    const outputs = await session.run(readValues(pixels), imageShapeOf(pixels))
    return [...states].map(([tap, state]) => compareTap(tap, own(outputs, tap), state, tolerance))
  } finally {
    await session.release()
  }
}

function compareTap(
  tap: string,
  ours: TapValues | undefined,
  state: FileTensor,
  tolerance: number
): TapCheck {
  const { shape: reference } = state
  if (ours === undefined || String(ours.shape) !== String(reference))
    return { tap, shape: ours?.shape ?? null, reference, error: null, token: null, ok: false }
  const width = reference.at(-1) ?? 1
  const { error, token } = worstToken(ours.data, readValues(state), width)
  return {
    tap,
    shape: ours.shape,
    reference,
    error: Number.isFinite(error) ? error : null,
    token: reference.length === 3 && Number.isFinite(error) ? token : null,
    ok: error <= tolerance
  }
}

/** Infinite if a token's reference is zero and ours is not, or if either is not finite. */
function worstToken(ours: Float32Array, theirs: Float32Array, width: number) {
  let worst = { error: 0, token: 0 }
  for (let token = 0; token * width < theirs.length; token++) {
    let [apart, norm] = [0, 0]
    for (let i = token * width; i < (token + 1) * width; i++) {
      const difference = ours[i]! - theirs[i]!
      apart += difference * difference
      norm += theirs[i]! * theirs[i]!
    }
    const error = apart === 0 ? 0 : Math.sqrt(apart / norm)
    if (!(error <= worst.error)) worst = { error: Number.isNaN(error) ? Infinity : error, token }
  }
  return worst
}

/** [1, 3, H, W] */
function imageShapeOf({ shape }: FileTensor): ImageShape {
  const [batch, channels, height, width] = shape.length === 3 ? [1, ...shape] : shape
  if (shape.length > 4 || batch !== 1 || channels !== 3 || !height || !width)
    throw new Error(`reference/pixels.npy has shape [${shape.join(", ")}], not [1, 3, height, width]`)
  return [1, 3, height, width]
}
