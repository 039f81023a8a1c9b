/** What a run prints of the comparison with the published accuracies. */
import type { Summary } from "../../src/index.ts"
import { grouped } from "../tables/grouped.ts"
import type { PublishedCheck } from "./columns.ts"

export function checkSummary(rows: ReadonlyArray<PublishedCheck>): Summary {
  const lines: Array<readonly [string, ReadonlyArray<PublishedCheck>]> = [
    ...grouped(rows, ({ encoder }) => encoder)
  ]
  const all = lines.length > 1 ? [...lines, ["all", rows] as const] : lines
  const bySeed = rows.some(({ probe_seed_sd }) => probe_seed_sd !== null)
  const error = bySeed ? "binomial and probe-seed error" : "binomial error alone: one run"
  return {
    title: isOtherList(rows)
      ? "Published accuracies beside those of another list of images: the counts below mean nothing"
      : `Published accuracies beside the run's own (${error})`,
    columns: ["encoder", "compared", "outside 95 %", "of 100 (5 expected)", "published − own"],
    rows: all.map(([encoder, own]) => {
      const outside = own.filter(({ is_outside }) => is_outside).length
      const mean = own.reduce<number>((sum, row) => sum + (row.published - row.own), 0) / own.length
      return [
        encoder,
        own.length,
        outside,
        ((100 * outside) / own.length).toFixed(1),
        `${mean < 0 ? "−" : "+"}${Math.abs(mean).toFixed(3).replace(/^0/, "")}`
      ]
    }),
    docs: {
      "of 100 (5 expected)":
        "accuracies on one test set are wrong together, so that 5 is what to expect on average, not each time"
    }
  }
}

/** Test sets as large as the published ones, give or take a fifth, are of the same list. */
function isOtherList(rows: ReadonlyArray<PublishedCheck>): boolean {
  const others = rows.filter(({ own_n, published_n }) => Math.abs(own_n - published_n) > published_n / 5)
  return others.length > rows.length / 2
}
