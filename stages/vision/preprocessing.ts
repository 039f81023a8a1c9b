/** Preprocessing, resolved: all that turns an image's pixels into an encoder's input. */

export type Resample = "nearest" | "bilinear" | "bicubic" | "lanczos"

/** `half-even`: torchvision's `CenterCrop`, by which timm and open_clip crop; Hugging Face's processors round down. */
export type CropRounding = "half-even"

export interface Preprocessing {
  /** transparent pixels are blended onto white (`do_convert_rgb` of transformers 5); left out: alpha is dropped */
  readonly alpha?: "white"
  /** `exact`: to height × width, whatever the shape. `shortest-edge`: keeps the shape. */
  readonly resize:
    | { readonly kind: "exact"; readonly height: number; readonly width: number }
    | { readonly kind: "shortest-edge"; readonly edge: number }
    | null
  /** a centre crop, after the resize */
  readonly crop: { readonly height: number; readonly width: number } | null
  /** where the crop starts when an odd number of pixels is cut away; left out: half of them, rounded down */
  readonly cropRounding?: CropRounding
  readonly resample: Resample
  /** the factor that pixels of 0 … 255 are multiplied by */
  readonly rescale: number
  /** a channel (red, green, blue), after `rescale` */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}
