/** What a run prints of the paper's measures. */
import type { Summary } from "../../src/index.ts"

interface PaperLine {
  readonly encoder: string
  readonly layer: number | null
  readonly tap: string
  readonly m1: number
  readonly m1_high: number
  readonly a_pp: number | null
  readonly a_sp: number | null
  readonly a_ps: number | null
  readonly m2: number | null
}

/** The best M1 first, as the paper ranks. */
export function paperSummary(rows: ReadonlyArray<PaperLine>): Summary {
  return {
    title: "As published: plain accuracy, mean over tasks, at the tap with the best test A_ss",
    columns: ["encoder", "tap", "M1", "A_pp", "A_sp", "M2", "A_ps"],
    rows: rows
      .toSorted((a, b) => b.m1 - a.m1)
      .map(({ encoder, tap, m1, m1_high, a_pp, a_sp, a_ps, m2 }) => [
        encoder,
        tap,
        `${digits(m1)} ± ${digits(m1_high - m1)}`,
        ...[a_pp, a_sp, m2, a_ps].map((value) => (value === null ? "" : digits(value)))
      ]),
    docs: {
      M1: "A_ss, chosen on the test images and therefore too high; ± 95 % of test images alone",
      M2: "A_sp / A_pp; higher means more entangled, but it does not show mixing by itself"
    }
  }
}
const digits = (value: number) => value.toFixed(3).replace(/^0(?=\.)/, "")
