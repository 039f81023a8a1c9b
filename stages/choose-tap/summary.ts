/** What a run prints of the chosen taps. */
import type { Summary } from "../../src/index.ts"
import { grouped } from "../tables/grouped.ts"
import { isCriterion } from "./choice.ts"

interface ChosenFit {
  readonly encoder: string
  readonly selection: string
  readonly token: string
  readonly source: string
  readonly target: string
  readonly chosen: ReadonlyArray<string>
}

/** How often each tap was chosen; tasks share a choice. */
export function choiceSummary(rows: ReadonlyArray<ChosenFit>): Summary {
  const lines = grouped(rows.filter(isCriterion), ({ encoder, selection, token }) =>
    JSON.stringify([encoder, selection, token])
  )
  return {
    title: "Taps chosen by inner-fold A_ss, in each outer fold",
    columns: ["encoder", "selection", "token", "chosen (folds)"],
    rows: [...lines.values()].map((own) => {
      const { encoder, selection, token, chosen } = own[0]!
      const counts = [...grouped(chosen, (tap) => tap)].sort(([, a], [, b]) => b.length - a.length)
      return [encoder, selection, token, counts.map(([tap, { length }]) => `${tap} (${length})`).join(", ")]
    })
  }
}
