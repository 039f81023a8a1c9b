/** Operations on vectors of float64, two lanes at a time: y += f·x, and x·y. Lengths are multiples of four. */
import {
  addBytes,
  compiled,
  ensureBytes,
  f64Plus,
  twoLanes,
  get,
  type KernelMemory,
  load,
  newMemory,
  repeatWhile,
  set,
  store,
  zero
} from "./wasm-code.ts"

/** Numbers per step. */
export const lanes = 4
const step = lanes * 8

export interface VectorKernel {
  readonly values: Float64Array
  /** Adds `factor` × the vector at address `x` to that from `y` to `yEnd`. Addresses are in bytes. */
  readonly addScaled: (y: number, yEnd: number, x: number, factor: number) => void
  /** The inner product of the vector from `x` to `xEnd` with that at `y`. */
  readonly dot: (x: number, xEnd: number, y: number) => number
}

let loaded: (Omit<VectorKernel, "values"> & { readonly memory: KernelMemory }) | null = null

/** The kernel and its memory, of at least so many numbers; callers share it, each until it returns. */
export function vectorKernel(numbers: number): VectorKernel {
  if (loaded === null) {
    const memory = newMemory()
    loaded = { memory, addScaled: addScaled(memory), dot: dot(memory) }
  }
  ensureBytes(loaded.memory, numbers * 8)
  return { ...loaded, values: new Float64Array(loaded.memory.buffer) }
}

function addScaled(memory: KernelMemory): VectorKernel["addScaled"] {
  const [y, yEnd, x, factor, splat] = [0, 1, 2, 3, 4]
  const pair = (offset: number) =>
    store(y, offset, twoLanes.plus(load(y, offset), twoLanes.times(get(splat), load(x, offset))))
  const body = [
    ...set(splat, twoLanes.splat(get(factor))),
    ...repeatWhile([...pair(0), ...pair(16), ...addBytes(y, step), ...addBytes(x, step)], y, yEnd)
  ]
  return compiled(memory, ["i32", "i32", "i32", "f64"], null, ["v128"], body)
}

function dot(memory: KernelMemory): VectorKernel["dot"] {
  const [x, xEnd, y, first, second] = [0, 1, 2, 3, 4]
  const pair = (sum: number, offset: number) =>
    set(sum, twoLanes.plus(get(sum), twoLanes.times(load(x, offset), load(y, offset))))
  const total = twoLanes.plus(get(first), get(second))
  const body = [
    ...set(first, zero),
    ...set(second, zero),
    ...repeatWhile(
      [...pair(first, 0), ...pair(second, 16), ...addBytes(x, step), ...addBytes(y, step)],
      x,
      xEnd
    ),
    ...f64Plus(twoLanes.lane(total, 0), twoLanes.lane(total, 1))
  ]
  return compiled(memory, ["i32", "i32", "i32"], "f64", ["v128", "v128"], body)
}
