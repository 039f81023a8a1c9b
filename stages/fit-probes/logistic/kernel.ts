/**
 * The arithmetic of fits in WebAssembly, four floats at a time, and the memory that it works in.
 *
 * Every operation is defined to the last bit, so results are the same on every machine. Vectors are floats, because the
 * products that they are made of are; sums are doubles.
 */
import { moduleBytes } from "../../wasm/code.ts"
import { instantiate, type Memory } from "../../wasm/instance.ts"
import { lossPasses } from "./kernel-losses.ts"
import { CONSTANTS, constantBytes } from "./constants.ts"
import { FACTOR, OTHER_FACTOR, OTHER_SUM, RESERVED, SUM, vectorPasses } from "./kernel-vectors.ts"

/** The functions of the module; see there. */
interface Passes {
  readonly memory: Memory
  dot(a: number, b: number, end: number): void
  combine(target: number, a: number, b: number, end: number): void
  scale(target: number, a: number, end: number): void
  foldScaling(target: number, x: number, inverse: number, mean: number, end: number): void
  gradient(target: number, products: number, mean: number, gain: number, x: number, end: number): void
  precondition(target: number, products: number, gradient: number, mask: number, end: number): void
  curvature(residuals: number, weights: number, end: number): void
  binomial(scores: number, end: number, signs: number, weights: number, heldOut: number): void
  softmax(
    scores: number,
    end: number,
    below: number,
    all: number,
    labels: number,
    weights: number,
    heldOut: number
  ): void
}

/** Bytes of a float. */
export const FLOAT_BYTES = 4
const PAGE = 65_536

export class FitKernel {
  readonly passes: Passes
  private floatsNow = new Float32Array(0)
  private doublesNow = new Float64Array(0)
  private used = RESERVED

  constructor() {
    this.passes = instantiate<Passes>(moduleBytes([...vectorPasses(), ...lossPasses()]))
    new Uint8Array(this.passes.memory.buffer, CONSTANTS, RESERVED - CONSTANTS).set(constantBytes())
  }

  /** All memory as floats; replaced when it grows. */
  get floats(): Float32Array {
    if (this.floatsNow.buffer !== this.passes.memory.buffer) {
      this.floatsNow = new Float32Array(this.passes.memory.buffer)
      this.doublesNow = new Float64Array(this.passes.memory.buffer)
    }
    return this.floatsNow
  }

  /** The address of new zeros. @throws RangeError if there is no memory left */
  allocate(floats: number): number {
    const at = this.used
    this.used += Math.ceil(floats / 4) * 4 * FLOAT_BYTES
    const lacking = this.used - this.passes.memory.buffer.byteLength
    if (lacking > 0) this.passes.memory.grow(Math.ceil(lacking / PAGE))
    this.floats.fill(0, at / FLOAT_BYTES, this.used / FLOAT_BYTES)
    return at
  }

  /** Forgets all allocations. */
  reset(): void {
    this.used = RESERVED
  }

  /** The floats at an address. */
  at(address: number, length: number): Float32Array {
    return this.floats.subarray(address / FLOAT_BYTES, address / FLOAT_BYTES + length)
  }

  copy(target: number, source: number, floats: number): void {
    this.floats.copyWithin(target / FLOAT_BYTES, source / FLOAT_BYTES, source / FLOAT_BYTES + floats)
  }

  /** Numbers for the next pass. */
  factors(first: number, second = 0): void {
    const { floats } = this
    floats[FACTOR / FLOAT_BYTES] = first
    floats[OTHER_FACTOR / FLOAT_BYTES] = second
  }

  /** What the last pass summed. */
  get sum(): number {
    return this.sumAt(SUM)
  }
  get otherSum(): number {
    return this.sumAt(OTHER_SUM)
  }
  private sumAt(address: number): number {
    const at = address / 8
    return (this.floats, this.doublesNow[at]! + this.doublesNow[at + 1]!)
  }

  /** The inner product of two vectors. */
  dot(a: number, b: number, floats: number): number {
    this.passes.dot(a, b, a + floats * FLOAT_BYTES)
    return this.sum
  }

  /** target = a + factor · b */
  combine(target: number, a: number, factor: number, b: number, floats: number): void {
    this.factors(factor)
    this.passes.combine(target, a, b, target + floats * FLOAT_BYTES)
  }

  /** target = factor · a */
  scale(target: number, factor: number, a: number, floats: number): void {
    this.factors(factor)
    this.passes.scale(target, a, target + floats * FLOAT_BYTES)
  }
}

const idle: Array<FitKernel> = []
/** A larger memory is not kept for the next fit. */
const MOST_KEPT = 2 ** 28

/** Lends a kernel, with its memory empty. Several fits may run at a time, in turns, so each has its own. */
export async function withKernel<A>(use: (kernel: FitKernel) => Promise<A>): Promise<A> {
  const kernel = idle.pop() ?? new FitKernel()
  kernel.reset()
  try {
    return await use(kernel)
  } finally {
    if (kernel.passes.memory.buffer.byteLength <= MOST_KEPT) idle.push(kernel)
  }
}
