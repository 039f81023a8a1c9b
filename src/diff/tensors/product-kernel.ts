/** The inner loop of matrix products: sums over 64 rows in float64, two lanes at a time. In JavaScript it took four times as long. */
import {
  addBytes,
  compiled,
  ensureBytes,
  twoLanes,
  get,
  type KernelMemory,
  load,
  load64Splat,
  newMemory,
  repeatWhile,
  set,
  store,
  zero
} from "./wasm-code.ts"

/** Rows of a block, and columns of a panel. */
export const blockRows = 64
export const panel = 4
/** A panel: `blockRows` rows of `panel` numbers. A tile: the sums of two panels, `panel` × `panel` numbers. */
export const panelBytes = blockRows * panel * 8
export const tileBytes = panel * panel * 8

/**
 * Multiplies the panel of X from address `x` to `xEnd` with each panel of Y from `y` to `yEnd`, and stores a tile for each
 * of them, one after another from `out` on: tile[i][j] = Σ over rows of X[row][i] · Y[row][j].
 */
type MultiplyPanels = (x: number, xEnd: number, y: number, yEnd: number, out: number) => void

const unrolled = 4
const [x, xEnd, y, yEnd, out, pointer, sums, left, right, splat] = [0, 1, 2, 3, 4, 5, 6, 14, 15, 16]
const range = (length: number) => Array.from({ length }, (_, i) => i)

function body() {
  const addProduct = (sum: number, half: number) =>
    set(sum, twoLanes.plus(get(sum), twoLanes.times(get(splat), get(half))))
  const row = (r: number) => [
    ...set(left, load(y, r * panel * 8)),
    ...set(right, load(y, r * panel * 8 + 16)),
    ...range(panel).flatMap((i) => [
      ...set(splat, load64Splat(pointer, (r * panel + i) * 8)),
      ...addProduct(sums + 2 * i, left),
      ...addProduct(sums + 2 * i + 1, right)
    ])
  ]
  const step = unrolled * panel * 8
  const rows = [...range(unrolled).flatMap(row), ...addBytes(y, step), ...addBytes(pointer, step)]
  const tile = [
    ...set(pointer, get(x)),
    ...range(2 * panel).flatMap((k) => set(sums + k, zero)),
    ...repeatWhile(rows, pointer, xEnd),
    ...range(2 * panel).flatMap((k) => store(out, k * 16, get(sums + k))),
    ...addBytes(out, tileBytes)
  ]
  return repeatWhile(tile, y, yEnd)
}

let loaded: { readonly memory: KernelMemory; readonly multiply: MultiplyPanels } | null = null

/** The kernel and its memory, of at least so many bytes. All products share it, each for the time of one call. */
export function productKernel(bytes: number): {
  readonly multiply: MultiplyPanels
  readonly memory: ArrayBuffer
} {
  if (loaded === null) {
    const memory = newMemory()
    const variables = ["i32", ...range(2 * panel + 3).map(() => "v128" as const)] as const
    loaded = {
      memory,
      multiply: compiled(memory, ["i32", "i32", "i32", "i32", "i32"], null, variables, body())
    }
  }
  ensureBytes(loaded.memory, bytes)
  return { multiply: loaded.multiply, memory: loaded.memory.buffer }
}
