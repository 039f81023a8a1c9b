/** The inner loops of the Perceptron in WebAssembly: four floats at a time, sixteen in each round. */
import { type Code, doWhile, func, i32, i32x4, type Local, moduleBytes } from "../../wasm/code.ts"
import { access, both, f32x4, f64 } from "../../wasm/floats.ts"
import { instantiate, type Memory } from "../../wasm/instance.ts"

/** Vectors begin at a multiple of this many floats, and are padded with zeros to such a multiple. */
export const floatsAtATime = 16
const bytesAtATime = 4 * floatsAtATime
const quarters = [0, 16, 32, 48]

/** Addresses are in bytes of the kernel's memory; `wEnd` is the end of the padded vector at `w`. */
export interface ScanKernel {
  readonly memory: Memory
  /**
   * Computes the scores of the rows whose numbers stand, as int32, from `next` to `end`, up to and including the first
   * one whose sign · (score + intercept) is not above reach · norm + absolute, or the last. Stores the score of the last
   * one computed, as four sums, and where the next row's number stands (see `state`).
   */
  scan(next: number, end: number, w: number, wEnd: number): void
  /** w + x */
  add(w: number, wEnd: number, x: number): void
  /** w − x */
  subtract(w: number, wEnd: number, x: number): void
}

/** What `scan` reads and writes at the layout's `state`, in bytes from there. */
export const state = {
  /** float32, four times */
  sums: 0,
  /** int32 */
  next: 16,
  /** float64 */
  intercept: 24,
  reach: 32,
  absolute: 40,
  bytes: 64
} as const

/** Where things lie, in bytes. Rows begin at 0. */
export interface ScanLayout {
  /** bytes from row to row */
  readonly rowBytes: number
  /** each row's norm and sign, as float64 */
  readonly sides: number
  readonly state: number
}
export const sideBytes = 16

const advance = (place: Local, by: number) => place.set(i32.plus(place.get, i32.const(by)))
const isBefore = (place: Local, end: Local) => i32.ltU(place.get, end.get)

const scan = (layout: ScanLayout) =>
  func(
    "scan",
    ["next", "end", "w", "wEnd"],
    { row: "i32", x: "i32", from: "i32", a: "v128", b: "v128", c: "v128", d: "v128" },
    ({ next, end, w, wEnd, row, x, from, a, b, c, d }) => {
      const sums = [a, b, c, d]
      const ours = i32.const(layout.state)
      const side = i32.times(row.get, i32.const(sideBytes))
      const score = [0, 1, 2, 3]
        .map((lane) => f64.fromF32(f32x4.lane(a.get, lane)))
        .reduce((sum, term) => f64.plus(sum, term))
      const margin = f64.times(
        access.loadF64(side, layout.sides + 8),
        f64.plus(score, access.loadF64(ours, state.intercept))
      )
      const error = f64.plus(
        f64.times(access.loadF64(ours, state.reach), access.loadF64(side, layout.sides)),
        access.loadF64(ours, state.absolute)
      )
      return [
        doWhile(
          [
            row.set(i32.load(next.get)),
            x.set(i32.times(row.get, i32.const(layout.rowBytes))),
            from.set(w.get),
            ...sums.map((sum) => sum.set(i32x4.splat(i32.const(0)))), // the bits of 0.0
            doWhile(
              [
                ...sums.map((sum, i) => sum.set(f32x4.plus(sum.get, product(from, x, quarters[i]!)))),
                advance(from, bytesAtATime),
                advance(x, bytesAtATime)
              ],
              isBefore(from, wEnd)
            ),
            a.set(f32x4.plus(f32x4.plus(a.get, b.get), f32x4.plus(c.get, d.get))),
            advance(next, 4)
          ],
          both(f64.gt(margin, error), isBefore(next, end))
        ),
        access.store(ours, a.get, state.sums),
        access.storeI32(ours, next.get, state.next)
      ]
    }
  )
const product = (w: Local, x: Local, offset: number) =>
  f32x4.times(access.load(w.get, offset), access.load(x.get, offset))

const change = (name: "add" | "subtract", operation: (a: Code, b: Code) => Code) =>
  func(name, ["w", "wEnd", "x"], {}, ({ w, wEnd, x }) => [
    doWhile(
      [
        ...quarters.map((offset) =>
          access.store(w.get, operation(access.load(w.get, offset), access.load(x.get, offset)), offset)
        ),
        advance(w, bytesAtATime),
        advance(x, bytesAtATime)
      ],
      isBefore(w, wEnd)
    )
  ])

/** A kernel with memory for this many bytes. @throws {RangeError} there is no room for them */
export function scanKernel(layout: ScanLayout, bytes: number): ScanKernel {
  const kernel = instantiate<ScanKernel>(
    moduleBytes([scan(layout), change("add", f32x4.plus), change("subtract", f32x4.minus)])
  )
  const lacking = bytes - kernel.memory.buffer.byteLength
  if (lacking > 0) kernel.memory.grow(Math.ceil(lacking / 65_536))
  return kernel
}
