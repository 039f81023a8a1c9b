/** The parts of extraction that the benchmark's loops use. */
export { decodeImage } from "../../stages/vision/image.ts"
export { preprocessInto } from "../../stages/vision/preprocess.ts"
export { presetOf } from "../../stages/vision/presets.ts"
