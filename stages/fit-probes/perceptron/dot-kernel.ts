/** The inner loops of the Perceptron in WebAssembly: four floats at a time, sixteen in each round. */
import {
  type Code,
  doWhile,
  f32x4,
  func,
  i32,
  i32x4,
  type Local,
  loadAt,
  moduleBytes,
  storeAt,
  v128
} from "../../wasm/code.ts"
import { instantiate, type Memory } from "../../wasm/instance.ts"

/** Vectors begin at a multiple of this many floats, and are padded with zeros to such a multiple. */
export const floatsAtATime = 16
const bytesAtATime = 4 * floatsAtATime
const quarters = [0, 16, 32, 48]

/** Addresses are in bytes of the kernel's memory; `wEnd` is the end of the padded vector at `w`. */
export interface DotKernel {
  readonly memory: Memory
  /** Stores four sums at `target`, which together are the dot product of w and x. */
  dot(w: number, wEnd: number, x: number, target: number): void
  /** w + x */
  add(w: number, wEnd: number, x: number): void
  /** w − x */
  subtract(w: number, wEnd: number, x: number): void
}

const advance = (...places: ReadonlyArray<Local>) =>
  places.map((place) => place.set(i32.add(place.get, i32.const(bytesAtATime))))
const whileBefore = (place: Local, end: Local, body: ReadonlyArray<Code>) =>
  doWhile(body, i32.ltU(place.get, end.get))

const dot = () =>
  func(
    "dot",
    ["w", "wEnd", "x", "target"],
    { a: "v128", b: "v128", c: "v128", d: "v128" },
    ({ w, wEnd, x, target, a, b, c, d }) => [
      ...[a, b, c, d].map((sum) => sum.set(i32x4.splat(i32.const(0)))), // 0.0 has no other bits
      whileBefore(w, wEnd, [
        ...[a, b, c, d].map((sum, i) =>
          sum.set(f32x4.add(sum.get, f32x4.mul(loadAt(w.get, quarters[i]!), loadAt(x.get, quarters[i]!))))
        ),
        ...advance(w, x)
      ]),
      v128.store(target.get, f32x4.add(f32x4.add(a.get, b.get), f32x4.add(c.get, d.get)))
    ]
  )

const change = (name: "add" | "subtract", operation: typeof f32x4.add) =>
  func(name, ["w", "wEnd", "x"], {}, ({ w, wEnd, x }) => [
    whileBefore(w, wEnd, [
      ...quarters.map((at) => storeAt(w.get, at, operation(loadAt(w.get, at), loadAt(x.get, at)))),
      ...advance(w, x)
    ])
  ])

/** A kernel with memory for this many bytes. @throws {RangeError} there is no room for them */
export function dotKernel(bytes: number): DotKernel {
  const kernel = instantiate<DotKernel>(
    moduleBytes([dot(), change("add", f32x4.add), change("subtract", f32x4.sub)])
  )
  const lacking = bytes - kernel.memory.buffer.byteLength
  if (lacking > 0) kernel.memory.grow(Math.ceil(lacking / 65_536))
  return kernel
}
