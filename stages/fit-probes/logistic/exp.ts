/**
 * e^x for x ≤ 0 with a relative error below 1e-11, several times faster than `Math.exp`; 0 below −44, where e^x is less
 * than 1e-19.
 *
 * Source: the table-driven method of Tang, "Table-driven implementation of the exponential function in IEEE
 * floating-point arithmetic", ACM TOMS 15 (1989): x = −i·ln2/32 + r, e^x = 2^(−i/32) · e^r, |r| ≤ ln2/64.
 */
import { exp } from "../../../src/support/elementary/exponential.ts"

const STEP = Math.LN2 / 32
const TABLE = Float64Array.from({ length: Math.ceil(44 / STEP) + 2 }, (_, i) => exp(-i * STEP))

export function expNonPositive(x: number): number {
  if (x < -44) return 0
  const i = (0.5 - x * (1 / STEP)) | 0
  const r = x + i * STEP
  return TABLE[i]! * (1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24)))))
}
