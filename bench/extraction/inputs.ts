/** What the loops of the bench take from extraction. */
export { decodeImage } from "../../stages/vision/image.ts"
export { preprocessInto } from "../../stages/vision/preprocess.ts"
export { presetOf } from "../../stages/vision/presets.ts"
