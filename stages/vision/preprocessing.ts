/** Preprocessing, fully resolved: everything that turns an image's pixels into an encoder's input. */

export type Resample = "nearest" | "bilinear" | "bicubic" | "lanczos"

/** `half-even`: torchvision's `CenterCrop`, which timm and open_clip use; Hugging Face's processors round down. */
export type CropRounding = "half-even"

export interface Preprocessing {
  /** blend transparent pixels onto white (`do_convert_rgb` in transformers 5); default: drop alpha */
  readonly alpha?: "white"
  /** `exact`: to height × width, ignoring the aspect ratio. `shortest-edge`: keeps the aspect ratio. */
  readonly resize:
    | { readonly kind: "exact"; readonly height: number; readonly width: number }
    | { readonly kind: "shortest-edge"; readonly edge: number }
    | null
  /** a centre crop, after the resize */
  readonly crop: { readonly height: number; readonly width: number } | null
  /** where the crop starts if an odd number of pixels is cut off; default: half of them, rounded down */
  readonly cropRounding?: CropRounding
  readonly resample: Resample
  /** factor for pixel values 0 … 255 */
  readonly rescale: number
  /** per channel (red, green, blue), after `rescale` */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}
