/** Means over tasks at the tap with the best test accuracy. */
import { StageError } from "../../src/index.ts"
import { grouped } from "../tables/grouped.ts"
import { proportionVariance, z95 } from "../statistics/binomial.ts"
import type { PlainAccuracy } from "../tables/plain-accuracies.ts"

type Defined = PlainAccuracy & { readonly plain_accuracy: number; readonly task: string }
interface Mean {
  readonly value: number
  readonly variance: number
}

/**
 * A line for each encoder, probe and selection, in the order of the rows. A task counts if it has an A_ss at every tap
 * that has one in any task: taps are compared on the same tasks.
 *
 * @throws StageError if no row has an A_ss of the token
 */
export function bestOnTest(rows: ReadonlyArray<PlainAccuracy>, token: string) {
  const own = rows.filter(
    (row): row is Defined => row.token === token && row.plain_accuracy !== null && row.task !== null
  )
  const lines = [...grouped(own, lineOf).values()].flatMap((group) => lineAt(group, token) ?? [])
  if (lines.length === 0)
    throw new StageError(`no row has an A_ss of the token "${token}"`, {
      field: "token",
      hint: "there must be fits of the secondary's category from its own tokens"
    })
  return lines
}

const lineOf = ({ encoder, probe, selection }: PlainAccuracy) => JSON.stringify([encoder, probe, selection])

function lineAt(rows: ReadonlyArray<Defined>, token: string) {
  const taps = [...new Set(rows.filter(({ measure }) => measure === "A_ss").map(({ tap }) => tap))]
  const hasAll = (task: string) =>
    taps.every((tap) => rows.some((row) => row.task === task && row.tap === tap && row.measure === "A_ss"))
  const tasks = [...new Set(rows.map(({ task }) => task))].filter(hasAll)
  if (taps.length === 0 || tasks.length === 0) return null
  const meanAt = (tap: string, measure: string): Mean | null => {
    const cells = tasks.map((task) =>
      rows.find((row) => row.task === task && row.tap === tap && row.measure === measure)
    )
    return cells.every((cell) => cell !== undefined) ? meanOf(cells) : null
  }
  const scores = taps.map((tap) => meanAt(tap, "A_ss")!.value)
  const tap = taps[scores.indexOf(Math.max(...scores))]!
  const first = rows.find((row) => row.tap === tap)!
  const ss = meanAt(tap, "A_ss")!
  const [pp, sp, ps] = [meanAt(tap, "A_pp"), meanAt(tap, "A_sp"), meanAt(tap, "A_ps")]
  const m2 = pp === null || sp === null || pp.value === 0 ? null : ratioOf(sp, pp)
  return {
    encoder: first.encoder,
    encoder_digest: first.encoder_digest,
    probe: first.probe,
    selection: first.selection,
    token,
    tap,
    layer: first.layer,
    taps: taps.length,
    tasks: tasks.length,
    m1: ss.value,
    m1_low: ss.value - halfOf(ss),
    m1_high: ss.value + halfOf(ss),
    a_pp: pp?.value ?? null,
    a_sp: sp?.value ?? null,
    m2: m2?.value ?? null,
    m2_low: m2 === null ? null : m2.value - halfOf(m2),
    m2_high: m2 === null ? null : m2.value + halfOf(m2),
    a_ps: ps?.value ?? null,
    a_pp_half: pp === null ? null : halfOf(pp),
    a_sp_half: sp === null ? null : halfOf(sp),
    a_ps_half: ps === null ? null : halfOf(ps)
  }
}

const halfOf = ({ variance }: Mean) => z95 * Math.sqrt(variance)

function meanOf(cells: ReadonlyArray<Defined>): Mean {
  let [value, variance] = [0, 0]
  for (const { plain_accuracy, n_scored } of cells) {
    value += plain_accuracy
    variance += proportionVariance(plain_accuracy * n_scored, n_scored)
  }
  return { value: value / cells.length, variance: variance / (cells.length * cells.length) }
}

/** Linearised: Var(a/b) = (Var a + (a/b)² Var b)/b². */
function ratioOf(a: Mean, b: Mean): Mean {
  const value = a.value / b.value
  return { value, variance: (a.variance + value * value * b.variance) / (b.value * b.value) }
}
