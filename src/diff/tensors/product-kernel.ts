/**
 * The inner loop of matrix products, as a WebAssembly module: sums of products of 64 rows in float64, two lanes at a time.
 * In JavaScript it took four times as long.
 *
 * Source of the encoding: https://webassembly.github.io/spec/core/binary/. Every supported Node has its vector
 * instructions.
 */

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
export type MultiplyPanels = (x: number, xEnd: number, y: number, yEnd: number, out: number) => void

const unrolled = 4
const [i32, v128] = [0x7f, 0x7b]
const [x, xEnd, y, yEnd, out, pointer, sums, left, right, splat] = [0, 1, 2, 3, 4, 5, 6, 14, 15, 16]
const get = (local: number) => [0x20, local]
const set = (local: number, value: ReadonlyArray<number>) => [...value, 0x21, local]
/** LEB128; of the numbers used here, signed and unsigned are the same. */
const leb = (value: number): Array<number> =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]
const plus = (local: number, bytes: number) => set(local, [...get(local), 0x41, ...leb(bytes), 0x6a])
const load = (local: number, offset: number) => [...get(local), 0xfd, 0, 0, ...leb(offset)]
const load64Splat = (local: number, offset: number) => [...get(local), 0xfd, 10, 0, ...leb(offset)]
const store = (local: number, offset: number, value: number) => [
  ...get(local),
  ...get(value),
  0xfd,
  11,
  0,
  ...leb(offset)
]
const multiplyAdd = (sum: number, a: number, b: number) =>
  set(sum, [...get(sum), ...get(a), ...get(b), 0xfd, ...leb(242), 0xfd, ...leb(240)])
const zero = [0xfd, 12, ...Array.from({ length: 16 }, () => 0)]
const [loop, noResult, lessUnsigned, branchIf, end] = [0x03, 0x40, 0x49, 0x0d, 0x0b]
const repeatWhile = (body: ReadonlyArray<number>, a: number, b: number) =>
  [loop, noResult, body, get(a), get(b), lessUnsigned, branchIf, 0, end].flat()
const range = (length: number) => Array.from({ length }, (_, i) => i)

function code(): ReadonlyArray<number> {
  const row = (r: number) => [
    ...set(left, load(y, r * panel * 8)),
    ...set(right, load(y, r * panel * 8 + 16)),
    ...range(panel).flatMap((i) => [
      ...set(splat, load64Splat(pointer, (r * panel + i) * 8)),
      ...multiplyAdd(sums + 2 * i, splat, left),
      ...multiplyAdd(sums + 2 * i + 1, splat, right)
    ])
  ]
  const step = unrolled * panel * 8
  const rows = [...range(unrolled).flatMap(row), ...plus(y, step), ...plus(pointer, step)]
  const tile = [
    ...set(pointer, get(x)),
    ...range(2 * panel).flatMap((k) => set(sums + k, zero)),
    ...repeatWhile(rows, pointer, xEnd),
    ...range(2 * panel).flatMap((k) => store(out, k * 16, sums + k)),
    ...plus(out, tileBytes)
  ]
  return [2, 1, i32, 2 * panel + 3, v128, ...repeatWhile(tile, y, yEnd), 0x0b]
}

const text = (value: string) => [value.length, ...Buffer.from(value)]
const section = (id: number, bytes: ReadonlyArray<number>) => [id, ...leb(bytes.length), ...bytes]

const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
function moduleBytes(): Uint8Array {
  const body = code()
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, [1, 0x60, 5, i32, i32, i32, i32, i32, 0]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("f"), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body])
  ])
}

/** TypeScript declares this only together with browser globals, which this project must not use. */
interface Library {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { readonly initial: number }) => KernelMemory
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>
  ) => { readonly exports: { readonly f: MultiplyPanels } }
}
interface KernelMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const pageBytes = 2 ** 16
let loaded: { readonly memory: KernelMemory; readonly multiply: MultiplyPanels } | null = null

function instantiated(): NonNullable<typeof loaded> {
  const { Module, Memory, Instance } = (globalThis as unknown as { readonly WebAssembly: Library })
    .WebAssembly
  const memory = new Memory({ initial: 1 })
  return { memory, multiply: new Instance(new Module(moduleBytes()), { m: { m: memory } }).exports.f }
}

/** The kernel and its memory, of at least so many bytes. All products share it, for the time of one call. */
export function productKernel(bytes: number): {
  readonly multiply: MultiplyPanels
  readonly memory: ArrayBuffer
} {
  loaded ??= instantiated()
  const { memory, multiply } = loaded
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
  return { multiply, memory: memory.buffer }
}
