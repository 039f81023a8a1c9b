/** What PIL and transformers made of the images in test/fixtures/preprocessing (see make_preprocessing.py). */

import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import type { Preprocessing, Resample } from "../../../stages/vision/preprocessing.ts"
import type { Window } from "../../../stages/vision/resample.ts"

interface Decoded {
  readonly height: number
  readonly width: number
  readonly sha256: string
  /** every seventh byte, in hexadecimal; of JPEG files */
  readonly every7?: string
}

interface Resampled {
  readonly image: string
  readonly height: number
  readonly width: number
  readonly filter: Resample
  readonly sha256: string
  /** the first 12 bytes of the middle row */
  readonly middle: ReadonlyArray<number>
  readonly window?: Window & { readonly sha256: string }
}

export interface Processed {
  readonly image: string
  readonly height: number
  readonly width: number
  /** sha256 of the uint8 pixels [3, height, width] before rescaling */
  readonly levels: string
  /** sha256 of the float32 tensor [3, height, width] */
  readonly values: string
  /** every `stride`-th value of that tensor */
  readonly stride: number
  readonly sample: ReadonlyArray<number>
}

interface Case {
  readonly name: string
  readonly preprocessing: Preprocessing
  readonly images: ReadonlyArray<Processed>
}

const folder = new URL("../../fixtures/preprocessing/", import.meta.url)

export const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as {
  readonly decoded: Readonly<Record<string, Decoded>>
  readonly resampled: ReadonlyArray<Resampled>
  /** sha256 of the pixels that transformers' `convert_to_rgb` makes of an image with transparency */
  readonly blended: Readonly<Record<string, string>>
  readonly presets: ReadonlyArray<Case>
  readonly others: ReadonlyArray<Case>
  readonly configs: ReadonlyArray<{ readonly config: object; readonly preprocessing: Preprocessing }>
}

export const bytesOf = (image: string): Promise<Buffer> => readFile(new URL(`images/${image}`, folder))

export const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex")
