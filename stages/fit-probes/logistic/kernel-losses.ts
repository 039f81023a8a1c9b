/**
 * The kernel's passes over scores: losses, and residuals in place of the scores, of four rows at a time.
 *
 * Rows outside a problem have weight 0. Rows held out of it have a weight of their own, for the held-out loss. Scores and
 * residuals are floats; sums of exponentials and losses are doubles, so that the loss of a row that is fitted well keeps
 * its digits: it is ln(1 + the others' exponentials), and its residual is minus the others' share.
 */
import { type Code, doWhile, func, i32, i32x4, type Local } from "../../wasm/code.ts"
import { OTHER_SUM, SUM } from "./kernel-vectors.ts"
import { access, bits, f32x4, f64x2 } from "../../wasm/floats.ts"
import { float32s, float64s, advance, accumulate } from "./constants.ts"
import { expOfNonPositive, log1pOf } from "./simd-functions.ts"

const scratch = { n: "v128", r: "v128", sum: "v128", k: "v128", f: "v128", s: "v128", z: "v128" } as const
const sums = { loss: "v128", held: "v128" } as const
type Locals = Readonly<Record<keyof typeof scratch | keyof typeof sums, Local>>

/** Adds weight · (ln(1 + rest) + gap) to both losses, for two of the four rows; overwrites `rest`. */
const addLosses = (
  half: typeof f64x2.fromLow,
  { sum, k, f, s, z, loss, held }: Locals,
  rest: Local,
  gap: Local,
  weights: Local,
  heldOut: Local
): Code => [
  ...log1pOf(rest, sum, k, f, s, z),
  ...rest.set(f64x2.plus(rest.get, half(gap.get))),
  ...accumulate(loss, f64x2.times(half(access.load(weights.get)), rest.get)),
  ...accumulate(held, f64x2.times(half(access.load(heldOut.get)), rest.get))
]
const storeLosses = ({ loss, held }: Locals): ReadonlyArray<Code> => [
  access.store(i32.const(SUM), loss.get),
  access.store(i32.const(OTHER_SUM), held.get)
]

/**
 * Two classes, from one score a row. `signs` is 1 for the second class, −1 for the first.
 *
 * With the margin m = sign · score and e = e^−|m|, the loss is ln(1 + e) + max(0, −m), and the residual is −sign ·
 * weight · (e or 1) / (1 + e), with e where m > 0.
 */
const binomial = () =>
  func(
    "binomial",
    ["scores", "end", "signs", "weights", "heldOut"],
    { ...scratch, ...sums, m: "v128", e: "v128", gap: "v128", rest: "v128" },
    ({ scores, end, signs, weights, heldOut, m, e, gap, rest, ...others }) => [
      doWhile(
        [
          m.set(f32x4.times(access.load(scores.get), access.load(signs.get))),
          e.set(f32x4.neg(f32x4.abs(m.get))),
          expOfNonPositive(e, others.n, others.r),
          gap.set(f32x4.max(f32x4.neg(m.get), float32s(0))),
          rest.set(f64x2.fromLow(e.get)),
          addLosses(f64x2.fromLow, others, rest, gap, weights, heldOut),
          rest.set(f64x2.fromHigh(e.get)),
          addLosses(f64x2.fromHigh, others, rest, gap, weights, heldOut),
          access.store(
            scores.get,
            f32x4.neg(
              f32x4.times(
                f32x4.times(access.load(signs.get), access.load(weights.get)),
                f32x4.over(
                  bits.select(e.get, float32s(1), f32x4.gt(m.get, float32s(0))),
                  f32x4.plus(e.get, float32s(1))
                )
              )
            )
          ),
          ...[scores, signs, weights, heldOut].map((place) => advance(place, 16))
        ],
        i32.ltU(scores.get, end.get)
      ),
      ...storeLosses(others)
    ]
  )

/**
 * More classes: the scores of class k are `k · below` bytes after those of the first, up to `all` bytes. `labels` are
 * numbers of classes.
 */
const softmax = () =>
  func(
    "softmax",
    ["scores", "end", "below", "all", "labels", "weights", "heldOut"],
    {
      at: "i32",
      last: "i32",
      class: "i32",
      ...scratch,
      ...sums,
      highest: "v128",
      e: "v128",
      own: "v128",
      mask: "v128",
      gap: "v128",
      low: "v128",
      high: "v128",
      factor: "v128",
      others: "v128"
    },
    (locals) => {
      const { scores, end, below, all, labels, weights, heldOut, at, last, highest, e, own, mask } = locals
      const { gap, low, high, factor, others, loss, held, n, r, sum, k, f, s, z } = locals
      const named = { loss, held, n, r, sum, k, f, s, z }
      /** Runs the body for every class, with its scores at `at`. */
      const eachClass = (body: ReadonlyArray<Code>): ReadonlyArray<Code> => [
        at.set(scores.get),
        locals.class.set(i32.const(0)),
        doWhile(
          [
            ...body,
            at.set(i32.plus(at.get, below.get)),
            locals.class.set(i32.plus(locals.class.get, i32.const(1)))
          ],
          i32.ltU(at.get, last.get)
        )
      ]
      const isOwn = mask.set(
        f32x4.eq(access.load(labels.get), f32x4.fromI32x4(i32x4.splat(locals.class.get)))
      )
      const shareOfOthers = (half: typeof f64x2.fromLow, total: Local) =>
        f64x2.over(f64x2.minus(total.get, half(own.get)), total.get)
      return [
        doWhile(
          [
            last.set(i32.plus(scores.get, all.get)),
            highest.set(access.load(scores.get)),
            ...eachClass([highest.set(f32x4.max(highest.get, access.load(at.get)))]),
            low.set(float64s(0)),
            high.set(float64s(0)),
            own.set(float32s(0)),
            gap.set(float32s(0)),
            ...eachClass([
              isOwn,
              e.set(f32x4.minus(access.load(at.get), highest.get)),
              gap.set(bits.select(f32x4.neg(e.get), gap.get, mask.get)),
              expOfNonPositive(e, n, r),
              own.set(bits.select(e.get, own.get, mask.get)),
              access.store(at.get, e.get),
              accumulate(low, f64x2.fromLow(e.get)),
              accumulate(high, f64x2.fromHigh(e.get))
            ]),
            factor.set(
              f32x4.times(
                f32x4.fromF64x2(f64x2.over(float64s(1), low.get), f64x2.over(float64s(1), high.get)),
                access.load(weights.get)
              )
            ),
            others.set(
              f32x4.neg(
                f32x4.times(
                  f32x4.fromF64x2(shareOfOthers(f64x2.fromLow, low), shareOfOthers(f64x2.fromHigh, high)),
                  access.load(weights.get)
                )
              )
            ),
            // one of the exponentials is exactly 1
            low.set(f64x2.minus(low.get, float64s(1))),
            addLosses(f64x2.fromLow, named, low, gap, weights, heldOut),
            high.set(f64x2.minus(high.get, float64s(1))),
            addLosses(f64x2.fromHigh, named, high, gap, weights, heldOut),
            ...eachClass([
              isOwn,
              access.store(
                at.get,
                bits.select(others.get, f32x4.times(access.load(at.get), factor.get), mask.get)
              )
            ]),
            ...[scores, labels, weights, heldOut].map((place) => advance(place, 16))
          ],
          i32.ltU(scores.get, end.get)
        ),
        ...storeLosses(named)
      ]
    }
  )

export const lossPasses = () => [binomial(), softmax()]
