/** The file of a fit's weights: the scaler and the coefficients of each split, as safetensors. */
import type { NewFile } from "../../src/index.ts"
import { encodeSafetensors, type NewTensor } from "../tensor-files/encode-safetensors.ts"
import type { ProbeWeights } from "./probes/probe.ts"

/**
 * Splits are in the order of the fit's lists `split_seed` and `split_fold`. float64 tensors: `mean` and `scale` [splits, width], `coefficients` [splits, vectors, width], `intercepts` [splits,
 * vectors]. The scores of a split are (x − mean) · scale · coefficientsᵀ + intercepts; two classes have one vector, and a
 * score above 0 means the second.
 *
 * Metadata, as JSON: `classes`, all labels of the fit by code point, and `split_classes`, those in the training rows of
 * each split, to which its vectors belong in order. A split with fewer vectors than others is padded with NaN.
 */
export function weightsFile(
  classes: ReadonlyArray<string>,
  width: number,
  splits: ReadonlyArray<ProbeWeights>
): NewFile {
  const vectors = Math.max(...splits.map(({ intercepts }) => intercepts.length))
  const tensor = (shape: ReadonlyArray<number>, of: (split: ProbeWeights) => Float64Array): NewTensor => {
    const size = shape.reduce((a, b) => a * b, 1)
    const values = new Float64Array(splits.length * size).fill(NaN)
    splits.forEach((split, i) => values.set(of(split), i * size))
    return { shape: [splits.length, ...shape], values }
  }
  return {
    name: "weights.safetensors",
    content: encodeSafetensors(
      new Map([
        ["mean", tensor([width], ({ mean }) => mean)],
        ["scale", tensor([width], ({ scale }) => scale)],
        ["coefficients", tensor([vectors, width], ({ coefficients }) => coefficients)],
        ["intercepts", tensor([vectors], ({ intercepts }) => intercepts)]
      ]),
      new Map([
        ["classes", JSON.stringify(classes)],
        ["split_classes", JSON.stringify(splits.map((split) => split.classes.map((k) => classes[k]!)))]
      ])
    )
  }
}
