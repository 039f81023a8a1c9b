/**
 * The files that `tools/export_encoder.py` writes beside an encoder: an image, its pixels from the Python
 * preprocessing, and the states of the Python model for those pixels. `docs/export.md` describes the folder.
 */
import * as path from "node:path"
import { type ByteReader, type FileTensor } from "../tensor-files/stored-tensor.ts"
import { openNpy } from "../tensor-files/npy.ts"
import { openSafetensors } from "../tensor-files/safetensors.ts"
import { readRegular } from "../../src/support/regular-file.ts"
import { fileText } from "../../src/support/utf8.ts"
import { EncoderError } from "./encoder.ts"
import { fileAccess } from "../onnx/access.ts"

export interface EncoderReference {
  /** absolute, like all paths here */
  readonly model: string
  readonly image: string
  /** the exported model, as named by the exporter: "google/vit-base-patch16-224", "timm:vit_small_patch16_224" */
  readonly name: string
  /** versions of Python and its packages, by name */
  readonly versions: Readonly<Record<string, string>>
  /** [3, H, W] or [1, 3, H, W] float32, as the encoder expects it */
  readonly pixels: FileTensor
  /** by tap, in the model's order: [1, tokens, width], or [1, width] for `pooled` */
  readonly states: ReadonlyMap<string, FileTensor>
  close(): void
}

const remedy = "export it again with tools/export_encoder.py"

/**
 * Opens a reference; its tensors are read on demand.
 *
 * @throws {EncoderError} a file is missing or malformed
 */
export function openReference(folder: string): EncoderReference {
  const opened: Array<{ close(): void }> = []
  const open = (file: string): ByteReader => {
    const access = openPiece(file)
    opened.push(access)
    return access
  }
  const close = () => opened.forEach((access) => access.close())
  const at = (name: string) => path.join(folder, "reference", name)
  try {
    const { name, versions, taps } = readManifest(at("manifest.json"))
    const pixels = parsed(at("pixels.npy"), () => openNpy(open(at("pixels.npy"))))
    const all = parsed(at("states.safetensors"), () => openSafetensors(open(at("states.safetensors"))))
    const states = new Map<string, FileTensor>()
    for (const tap of taps) {
      const state = all.get(tap)
      if (state === undefined)
        throw new EncoderError(
          `${at("states.safetensors")} has no "${tap}", which manifest.json names`,
          at("states.safetensors"),
          remedy
        )
      states.set(tap, state)
    }
    return {
      model: path.join(folder, "model.onnx"),
      image: at("image.png"),
      name,
      versions,
      pixels,
      states,
      close
    }
  } catch (error) {
    close()
    throw error
  }
}

function openPiece(file: string) {
  try {
    return fileAccess(file)
  } catch (cause) {
    throw missing(file, cause)
  }
}

function missing(file: string, cause: unknown): EncoderError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT"
  return new EncoderError(
    isMissing
      ? `there is no ${file}: the folder is not a complete export by tools/export_encoder.py`
      : `${file} cannot be read: ${(cause as Error).message}`,
    file,
    isMissing
      ? `name the folder that holds model.onnx and reference/, or ${remedy}`
      : "check its permissions",
    cause
  )
}

function parsed<A>(file: string, parse: () => A): A {
  try {
    return parse()
  } catch (cause) {
    if (cause instanceof EncoderError) throw cause
    throw new EncoderError(`${file}: ${(cause as Error).message}`, file, remedy, cause)
  }
}

function readManifest(file: string) {
  let bytes: Uint8Array
  try {
    bytes = readRegular(file)
  } catch (cause) {
    throw missing(file, cause)
  }
  return parsed(file, () => checkManifest(JSON.parse(fileText(bytes))))
}

function checkManifest(json: unknown) {
  const { format, model, versions, taps } = (json ?? {}) as Readonly<Record<string, unknown>>
  if (format !== 1) throw new Error(`format: expected 1, got ${JSON.stringify(format) ?? "nothing"}`)
  if (typeof model !== "string") throw new Error("model: expected the exported model's name")
  const isText = (value: unknown): value is string => typeof value === "string" && value !== ""
  if (!Array.isArray(taps) || taps.length === 0 || !taps.every(isText))
    throw new Error("taps: expected a list of their names")
  if (typeof versions !== "object" || versions === null || !Object.values(versions).every(isText))
    throw new Error("versions: expected one version per package")
  return { name: model, versions: versions as Readonly<Record<string, string>>, taps: taps as Array<string> }
}
