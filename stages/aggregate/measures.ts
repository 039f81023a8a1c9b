/**
 * The measures of paired scenes: M1, M2, and what they hide.
 *
 * A_xy is the accuracy of target y from the tokens of object x: A_pp, A_ps, A_sp, A_ss. M1 = A_ss; M2 = A_sp/A_pp, a
 * ratio of means (arXiv 2406.09067). M2 alone does not show mixing, because A_sp includes what any token of the image
 * knows. Therefore A_sp is compared with A_bg, the same question from background tokens, and with its own value at
 * `embed`.
 */
import { correctedInterval, ratioInterval } from "../statistics/intervals.ts"
import type { Cell } from "./cells.ts"

export interface Measures {
  readonly m1: number | null
  readonly m1_low: number | null
  readonly m1_high: number | null
  /** (A_ss − chance)/(1 − chance) */
  readonly m1_corrected: number | null
  readonly m2: number | null
  readonly m2_low: number | null
  readonly m2_high: number | null
  /** (A_sp − chance)/(A_pp − chance); null where A_pp's lower limit is under .6 */
  readonly m2_corrected: number | null
  readonly m2_corrected_low: number | null
  readonly m2_corrected_high: number | null
  readonly a_bg: number | null
  /** A_sp − A_bg, over the same folds */
  readonly entanglement: number | null
  readonly entanglement_low: number | null
  readonly entanglement_high: number | null
  /** A_sp at the tap `embed` */
  readonly embed_floor: number | null
}
export const noMeasures: Measures = {
  m1: null,
  m1_low: null,
  m1_high: null,
  m1_corrected: null,
  m2: null,
  m2_low: null,
  m2_high: null,
  m2_corrected: null,
  m2_corrected_low: null,
  m2_corrected_high: null,
  a_bg: null,
  entanglement: null,
  entanglement_low: null,
  entanglement_high: null,
  embed_floor: null
}

/**
 * Which of A_pp, A_ps, A_sp, A_ss, A_bg a cell is; null for a question that is not about a pair. The image's tokens
 * stand for both objects.
 */
export function measureOf({ source, target }: Pick<Cell, "source" | "target">): string | null {
  if (target !== "primary" && target !== "secondary") return null
  const of = target === "primary" ? "p" : "s"
  if (source === "primary" || source === "secondary") return `A_${source[0]}${of}`
  if (source === "image") return `A_${of}${of}`
  return source === "background" && target === "primary" ? "A_bg" : null
}

/**
 * The measures of one (encoder, probe, tap, token), keyed by the names from `measureOf`; `floor` is A_sp at `embed`.
 */
export function measures(
  cells: ReadonlyMap<string, Cell>,
  backgroundCell: Cell | undefined,
  floor: Cell | undefined
): { readonly m1: Partial<Measures>; readonly m2: Partial<Measures> } {
  const [pp, sp, ss] = ["A_pp", "A_sp", "A_ss"].map((name) => cells.get(name))
  return {
    m1: m1Of(ss),
    m2: { ...m2Of(sp, pp), ...entanglementOf(sp, backgroundCell), embed_floor: floor?.accuracy ?? null }
  }
}

function m1Of(ss: Cell | undefined): Partial<Measures> {
  if (ss === undefined || ss.accuracy === null) return {}
  const { accuracy, low, high, chance } = ss
  return { m1: accuracy, m1_low: low, m1_high: high, m1_corrected: (accuracy - chance) / (1 - chance) }
}

function m2Of(sp: Cell | undefined, pp: Cell | undefined): Partial<Measures> {
  if (sp?.runs == null || pp?.runs?.length !== sp.runs.length) return {}
  const { folds, chance } = sp
  const plain = ratioInterval(sp.runs, pp.runs, { folds, chance: 0 })
  const corrected = ratioInterval(sp.runs, pp.runs, { folds, chance })
  return {
    ...(plain.undefined ? {} : { m2: plain.estimate, m2_low: plain.lower, m2_high: plain.upper }),
    ...(corrected.undefined
      ? {}
      : {
          m2_corrected: corrected.estimate,
          m2_corrected_low: corrected.lower,
          m2_corrected_high: corrected.upper
        })
  }
}

function entanglementOf(sp: Cell | undefined, bg: Cell | undefined): Partial<Measures> {
  if (bg?.accuracy == null) return {}
  if (sp?.runs == null || bg.runs?.length !== sp.runs.length) return { a_bg: bg.accuracy }
  const differences = sp.runs.map((value, i) => value - bg.runs![i]!)
  const { estimate, lower, upper } = correctedInterval(differences, { folds: sp.folds })
  return { a_bg: bg.accuracy, entanglement: estimate, entanglement_low: lower, entanglement_high: upper }
}
