/** Counts items or rows by what became of them, with the first few of each. */
import type { Counts } from "./values.ts"

type Fate = "changed" | "added" | "removed"
const mostExamples = 5

export class FateCounts {
  same = 0
  readonly #counts = { changed: 0, added: 0, removed: 0 }
  readonly #examples: Record<Fate, Array<string>> = { changed: [], added: [], removed: [] }

  count(fate: Fate, some: number, label: () => string): void {
    if (some === 0) return
    this.#counts[fate] += some
    if (this.#examples[fate].length < mostExamples) this.#examples[fate].push(label())
  }
  result(): Counts {
    return { same: this.same, ...this.#counts, examples: this.#examples }
  }
}
