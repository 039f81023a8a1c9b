/** The digest that tells encoders apart in tables: of the weights and everything else that determines activations. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import type { Provider } from "../onnx/providers.ts"
import { type Encoder, type ResolvedEncoder, structureIdentity } from "../vision/encoder.ts"
import type { Precision } from "./precision.ts"

export interface EncoderDigestOptions {
  readonly encoder: Encoder
  readonly precision: Precision
  readonly provider: Provider
}

/**
 * An encoder as the key of activations knows it.
 *
 * @param sha256 of the model file and of its data files, in that order
 */
export const encoderIdentity = (
  encoder: Encoder,
  resolved: ResolvedEncoder,
  sha256: ReadonlyArray<string>
) => ({ sha256, preprocessing: resolved.preprocessing, ...structureIdentity(encoder, resolved) })

/**
 * The sha256, in hexadecimal, of the encoder's identity, precision and provider as JSON with sorted keys.
 *
 * Unlike the key it leaves out onnxruntime's version: activations of two versions are of one encoder, and probes that
 * compare them must not take them for two. Nor does it know the taps: they are columns of one table.
 */
export async function encoderDigest(
  { encoder, precision, provider }: EncoderDigestOptions,
  resolved: ResolvedEncoder
): Promise<string> {
  // the key has these too, but a worker is not told them: it hashes the files once, 0.5 s of CPU time for 97 MB
  const sha256: Array<string> = []
  for (const file of [resolved.model, ...resolved.dataFiles]) sha256.push(await sha256OfFile(file))
  const content = { encoder: encoderIdentity(encoder, resolved, sha256), precision, provider }
  return createHash("sha256").update(sortedJson(content)).digest("hex")
}

/** Read in pieces, while other work of this process goes on. */
async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256")
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(bytes as Buffer)
  return hash.digest("hex")
}

/** Keys in the order of code units, so that equal values have equal text. */
const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )
