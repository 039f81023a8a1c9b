/** Values of taps as the runtime returns them. */

export interface TapValues {
  readonly data: Float32Array
  readonly shape: ReadonlyArray<number>
}
export type TapOutputs = Readonly<Record<string, TapValues>>

/** [B, D] → [B, rows, D]: a tap without tokens is the same for every selection of tokens. */
export function repeatRows({ data, shape }: TapValues, rows: number): TapValues {
  const [batch, width] = shape as [number, number]
  const repeated = new Float32Array(batch * rows * width)
  for (let row = 0; row < batch * rows; row++) {
    const from = Math.floor(row / rows) * width
    repeated.set(data.subarray(from, from + width), row * width)
  }
  return { data: repeated, shape: [batch, rows, width] }
}

/** Concatenates batches; takes only as much of the last one as makes `batch` images in all. */
export function joinBatches(parts: ReadonlyArray<TapOutputs>, batch: number): TapOutputs {
  const joined = Object.entries(parts[0]!).map(([tap, { shape }]): [string, TapValues] => {
    const [, ...item] = shape
    const data = new Float32Array(item.reduce((a, b) => a * b, batch))
    let at = 0
    for (const part of parts) {
      const values = part[tap]!.data.subarray(0, data.length - at)
      data.set(values, at)
      at += values.length
    }
    return [tap, { data, shape: [batch, ...item] }]
  })
  return Object.fromEntries(joined)
}

/** The first value that is NaN or infinite, as half precision produces when sums overflow; null if all are finite. */
export function firstNonFinite(
  outputs: TapOutputs
): { readonly tap: string; readonly image: number; readonly value: number } | null {
  for (const [tap, { data, shape }] of Object.entries(outputs)) {
    const at = data.findIndex((value) => !Number.isFinite(value))
    if (at >= 0) return { tap, image: Math.floor(at / (data.length / shape[0]!)), value: data[at]! }
  }
  return null
}
