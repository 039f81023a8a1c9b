/** Data sets with scikit-learn's fits of them, made by test/fixtures/probes/make_probes.py. */
import { readFileSync } from "node:fs"
import type { ProbeData } from "../../../stages/fit-probes/data/probe-data.ts"

interface Stored {
  readonly name: string
  readonly rows: number
  readonly width: number
  readonly classes: number
  readonly x: string
  readonly labels: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number> | null
  readonly logistic: ReadonlyArray<{ readonly c: number; readonly objective: number }>
  readonly perceptron: ReadonlyArray<{
    readonly dtype: "float32" | "float64"
    readonly shuffle: boolean
    readonly epochs: number
    readonly coefficients: string
    readonly intercepts: ReadonlyArray<number>
    readonly predictions: ReadonlyArray<number>
  }>
  readonly inner?: ReadonlyArray<number>
  readonly innerLosses?: ReadonlyArray<number>
}

const stored = JSON.parse(
  readFileSync(new URL("../../fixtures/probes/probes.json", import.meta.url), "utf8")
) as { readonly sets: ReadonlyArray<Stored> }

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64")).buffer

export const float32 = (base64: string): Float32Array => new Float32Array(bytes(base64))
export const float64 = (base64: string): Float64Array => new Float64Array(bytes(base64))

export interface FixtureSet extends Omit<Stored, "weights" | "x" | "labels"> {
  readonly weights: Float64Array | null
  readonly data: ProbeData
  /** all row numbers */
  readonly all: Int32Array
}

export const sets: ReadonlyArray<FixtureSet> = stored.sets.map(({ x, labels, weights, ...set }): FixtureSet =>
  Object.assign(set, {
    weights: weights && Float64Array.from(weights),
    data: {
      x: float32(x),
      rows: set.rows,
      width: set.width,
      classes: set.classes,
      labels: Int32Array.from(labels)
    },
    all: Int32Array.from({ length: set.rows }, (_, row) => row)
  })
)
