/**
 * The valid values of settings in a `preprocessor_config.json`, by name, and their meaning.
 *
 * This module loads valibot: import it lazily, where a file is read.
 */
import * as v from "valibot"
import { exactFields, expected, isObject, type JsonObject } from "../json/check-json.ts"
import type { Preprocessing } from "./preprocessing.ts"
import { resampleOfCode } from "./processor-classes.ts"

/** As in transformers, null switches it off. */
const flag = v.pipe(
  v.nullable(v.boolean(expected("true or false"))),
  v.transform((value) => value ?? false)
)

/** The longest edge, in pixels: no encoder takes images this large, and memory is allocated by it. */
const mostPixels = 8192
const pixelWords = expected(`a positive integer of pixels, up to ${mostPixels}`)
const pixels = v.pipe(
  v.number(pixelWords),
  v.integer(pixelWords),
  v.minValue(1, pixelWords),
  v.maxValue(mostPixels, pixelWords)
)

/** Drops null edges: transformers writes edges that it does not use as null. */
const given = v.transform((size: JsonObject) =>
  Object.fromEntries(Object.entries(size).filter(([, edge]) => edge !== null))
)
const edges = v.pipe(
  v.custom<JsonObject>(isObject, expected("an integer or an object")),
  given,
  exactFields({ height: pixels, width: pixels })
)
const square = (edge: number) => ({ height: edge, width: edge })
/** (width, height) in old feature extractors, (height, width) since. */
const pair = v.pipe(
  v.strictTuple([pixels, pixels], expected("an integer or an object")),
  v.check(([a, b]) => a === b, 'a pair is ambiguous: write {"height": …, "width": …}'),
  v.transform(([edge]) => square(edge))
)
const heightAndWidth = v.lazy((size): v.GenericSchema<unknown, { height: number; width: number }> =>
  Array.isArray(size) ? pair : edges
)
const cropSize = v.lazy((size): v.GenericSchema<unknown, { height: number; width: number }> =>
  typeof size === "number" ? v.pipe(pixels, v.transform(square)) : heightAndWidth
)

type Resize = NonNullable<Preprocessing["resize"]>
const shortestEdge = v.pipe(
  v.custom<JsonObject>(isObject),
  given,
  exactFields({ shortest_edge: pixels }),
  v.transform((size): Resize => ({ kind: "shortest-edge", edge: size.shortest_edge }))
)
const exactSize = v.pipe(
  heightAndWidth,
  v.transform((size): Resize => ({ kind: "exact", ...size }))
)
/** Whether a number means a square's edge or the shortest edge depends on the class. */
const size = v.lazy((size): v.GenericSchema<unknown, Resize | number> =>
  typeof size === "number"
    ? pixels
    : isObject(size) && (size["shortest_edge"] ?? null) !== null
      ? shortestEdge
      : exactSize
)

const codes = [...resampleOfCode].map(([code, name]) => `${String(code)} (${name})`).join(", ")
const resample = v.pipe(
  v.custom<number>((code) => resampleOfCode.has(code), expected(`one of PIL's codes ${codes}`)),
  v.transform((code) => resampleOfCode.get(code)!)
)

const positiveWords = expected("a positive number")
const positive = v.pipe(v.number(positiveWords), v.finite(positiveWords), v.gtValue(0, positiveWords))
const channel = v.pipe(v.number(), v.finite())
const perChannel = v.pipe(
  v.union(
    [channel, v.strictTuple([channel, channel, channel])],
    expected("a number or one for each of red, green, blue")
  ),
  v.transform((value): [number, number, number] =>
    typeof value === "number" ? [value, value, value] : value
  )
)
const positivePerChannel = v.pipe(
  perChannel,
  v.check((channels) => channels.every((one) => one > 0), expected("positive numbers"))
)

/** Probeline's own setting (tools/export_encoder.py), which Hugging Face's processors cannot express. */
const cropRounding = v.picklist(["down", "half_even"], expected('"down" or "half_even"'))

export const preprocessorSettings = {
  do_convert_rgb: flag,
  do_resize: flag,
  size,
  resample,
  do_center_crop: flag,
  crop_size: cropSize,
  crop_rounding: cropRounding,
  do_pad: flag,
  do_rescale: flag,
  rescale_factor: positive,
  do_normalize: flag,
  image_mean: perChannel,
  image_std: positivePerChannel
}
