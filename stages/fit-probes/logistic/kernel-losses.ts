/**
 * The kernel's passes over scores: losses, and residuals in place of the scores, of four rows at a time.
 *
 * Rows outside a problem have weight 0. Rows held out of it have a weight of their own, for the held-out loss. Scores and
 * residuals are floats; sums of exponentials and losses are doubles, so that the loss of a row that is fitted well keeps
 * its digits: it is ln(1 + the others' exponentials), and its residual is minus the others' share.
 */
import { type Code, doWhile, func, i32, type Local } from "../../wasm/code.ts"
import { OTHER_SUM, SUM } from "./kernel-vectors.ts"
import {
  accumulate,
  advance,
  demote,
  f32,
  f64,
  int32,
  load,
  promoteHigh,
  promoteLow,
  select,
  store
} from "./simd.ts"
import { expOfNonPositive, log1pOf } from "./simd-functions.ts"

const scratch = { n: "v128", r: "v128", sum: "v128", k: "v128", f: "v128", s: "v128", z: "v128" } as const
const sums = { loss: "v128", held: "v128" } as const
type Locals = Readonly<Record<keyof typeof scratch | keyof typeof sums, Local>>

/** Adds weight · (ln(1 + rest) + gap) to both losses, for two of the four rows; overwrites `rest`. */
const addLosses = (
  half: typeof promoteLow,
  { sum, k, f, s, z, loss, held }: Locals,
  rest: Local,
  gap: Local,
  weights: Local,
  heldOut: Local
): Code => [
  ...log1pOf(rest, sum, k, f, s, z),
  ...rest.set(f64.add(rest.get, half(gap.get))),
  ...accumulate(loss, f64.mul(half(load(weights.get)), rest.get)),
  ...accumulate(held, f64.mul(half(load(heldOut.get)), rest.get))
]
const storeLosses = ({ loss, held }: Locals): ReadonlyArray<Code> => [
  store(i32.const(SUM), loss.get),
  store(i32.const(OTHER_SUM), held.get)
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
          m.set(f32.mul(load(scores.get), load(signs.get))),
          e.set(f32.neg(f32.abs(m.get))),
          expOfNonPositive(e, others.n, others.r),
          gap.set(f32.max(f32.neg(m.get), f32.const(0))),
          rest.set(promoteLow(e.get)),
          addLosses(promoteLow, others, rest, gap, weights, heldOut),
          rest.set(promoteHigh(e.get)),
          addLosses(promoteHigh, others, rest, gap, weights, heldOut),
          store(
            scores.get,
            f32.neg(
              f32.mul(
                f32.mul(load(signs.get), load(weights.get)),
                f32.div(
                  select(e.get, f32.const(1), f32.gt(m.get, f32.const(0))),
                  f32.add(e.get, f32.const(1))
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
            at.set(i32.add(at.get, below.get)),
            locals.class.set(i32.add(locals.class.get, i32.const(1)))
          ],
          i32.ltU(at.get, last.get)
        )
      ]
      const isOwn = mask.set(f32.eq(load(labels.get), f32.from(int32.splat(locals.class.get))))
      const shareOfOthers = (half: typeof promoteLow, total: Local) =>
        f64.div(f64.sub(total.get, half(own.get)), total.get)
      return [
        doWhile(
          [
            last.set(i32.add(scores.get, all.get)),
            highest.set(load(scores.get)),
            ...eachClass([highest.set(f32.max(highest.get, load(at.get)))]),
            low.set(f64.const(0)),
            high.set(f64.const(0)),
            own.set(f32.const(0)),
            gap.set(f32.const(0)),
            ...eachClass([
              isOwn,
              e.set(f32.sub(load(at.get), highest.get)),
              gap.set(select(f32.neg(e.get), gap.get, mask.get)),
              expOfNonPositive(e, n, r),
              own.set(select(e.get, own.get, mask.get)),
              store(at.get, e.get),
              accumulate(low, promoteLow(e.get)),
              accumulate(high, promoteHigh(e.get))
            ]),
            factor.set(
              f32.mul(
                demote(f64.div(f64.const(1), low.get), f64.div(f64.const(1), high.get)),
                load(weights.get)
              )
            ),
            others.set(
              f32.neg(
                f32.mul(
                  demote(shareOfOthers(promoteLow, low), shareOfOthers(promoteHigh, high)),
                  load(weights.get)
                )
              )
            ),
            // one of the exponentials is exactly 1
            low.set(f64.sub(low.get, f64.const(1))),
            addLosses(promoteLow, named, low, gap, weights, heldOut),
            high.set(f64.sub(high.get, f64.const(1))),
            addLosses(promoteHigh, named, high, gap, weights, heldOut),
            ...eachClass([
              isOwn,
              store(at.get, select(others.get, f32.mul(load(at.get), factor.get), mask.get))
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
