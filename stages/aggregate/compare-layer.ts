/** The layer of a comparison's overall verdict: the first artifact's best one, held fixed for the second. */
import type { Cell } from "./cells.ts"
import type { CellPair } from "./compare-cells.ts"
import type { MeasuredSide, MeasuredAt, AskedTokens } from "./measured-side.ts"
import { placeOfTap } from "./depth.ts"

export interface FixedLayer {
  readonly tapOf: (run: number) => string
  /** the tap of most runs */
  readonly tap: string
  /** such as `block.3.resid_post in 22 of 25 folds` */
  readonly words: string
}

/** What the overall verdict is about: all accuracies of one kind of token, and the one that chooses the layer. */
export interface Main extends Pick<MeasuredAt, "probe" | "selection" | "token" | "tasks"> {
  /** each with the measure of its accuracy */
  readonly questions: ReadonlyArray<Pick<Cell, "source" | "target" | "measure">>
  /** A_ss, or the accuracy itself */
  readonly chooser: AskedTokens
}

const preferred = {
  probe: ["logistic", "perceptron"],
  selection: ["aligned", "centre", "as-published"],
  token: ["avg_obj", "random_obj", "random", "cls"]
} as const
const ofBothObjects = new Set<string | null>(["A_pp", "A_ps", "A_sp", "A_ss"])

/**
 * Chooses what the overall verdict is about, among what both sides were asked: questions about pairs before others, then
 * logistic probes, `aligned` masks and `avg_obj`. Null if nothing is shared.
 */
export function mainOf(pairs: ReadonlyArray<CellPair>): Main | null {
  let cells = pairs.map(({ a }) => a)
  const ofPairs = cells.filter(({ measure }) => ofBothObjects.has(measure))
  if (ofPairs.length > 0) cells = ofPairs
  for (const by of ["probe", "selection", "token"] as const) cells = narrowed(cells, by)
  const first = cells[0]
  if (first === undefined) return null
  // a question that is not about a pair has one accuracy
  if (ofPairs.length === 0) {
    const { source, target } = first
    cells = cells.filter((cell) => cell.source === source && cell.target === target)
  }
  const questions = new Map(
    cells.map(({ source, target, measure }) => [
      JSON.stringify([source, target]),
      { source, target, measure }
    ])
  )
  const { probe, selection, token } = first
  const tasks = [...new Set(cells.map(({ task }) => task))].filter((task) =>
    [...questions.values()].every(({ source, target }) =>
      cells.some((cell) => cell.task === task && cell.source === source && cell.target === target)
    )
  )
  if (tasks.length === 0) return null
  const all = [...questions.values()]
  return {
    probe,
    selection,
    token,
    tasks,
    questions: all,
    chooser: all.find(({ measure }) => measure === "A_ss") ?? all[0]!
  }
}

function narrowed(cells: ReadonlyArray<Cell>, by: keyof typeof preferred): Array<Cell> {
  const names = new Set(cells.map((cell) => cell[by]))
  const chosen = preferred[by].find((name) => names.has(name)) ?? cells[0]?.[by]
  return cells.filter((cell) => cell[by] === chosen)
}

/**
 * In each seed and fold, the tap at which the first side's probes did best within the training rows (`inner_accuracy`, the
 * mean over tasks), so that no held-out row has a say; among the taps at which both sides have all questions. Without inner
 * accuracies, as with Perceptrons, it is the last block's. A second side with other seeds or folds takes the choices in turn.
 * Null if the sides share no tap.
 */
export function fixedLayer(
  [a, b]: readonly [MeasuredSide, MeasuredSide],
  main: Main,
  taps: ReadonlyArray<string>
): FixedLayer | null {
  const isWhole = (side: MeasuredSide, tap: string) =>
    main.questions.every((question) => side.accuracy({ ...main, tapOf: () => tap }, question)?.runs != null)
  const shared = taps.filter((tap) => isWhole(a, tap) && isWhole(b, tap))
  if (shared.length === 0) return null
  const inner = shared.map((tap) =>
    main.tasks.map((task) => a.at({ ...main, tapOf: () => tap }, main.chooser, tap, task)!.inner_accuracy)
  )
  const runs = inner[0]![0]!.length
  const last = lastTap(shared)
  const choices = Array.from({ length: runs }, (_, run) => {
    const means = inner.map((tasks) => tasks.reduce((sum, of) => sum + (of[run] ?? NaN), 0))
    const best = means.reduce(
      (at, value, i) => (value > (means[at] ?? NaN) || Number.isNaN(means[at]) ? i : at),
      0
    )
    return Number.isNaN(means[best]) ? last : shared[best]!
  })
  if (choices.length === 0) choices.push(last)
  const counts = new Map<string, number>()
  for (const tap of choices) counts.set(tap, (counts.get(tap) ?? 0) + 1)
  const [tap, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))
  return {
    tapOf: (run) => choices[run % choices.length]!,
    tap,
    words: count === choices.length ? tap : `${tap} in ${count} of ${choices.length} folds`
  }
}

/** The deepest tap of a block; the last listed where none is of a block. */
function lastTap(taps: ReadonlyArray<string>): string {
  const depth = (tap: string) => {
    const { layer } = placeOfTap(tap, null)
    return layer === null ? -Infinity : layer
  }
  return taps.reduce((last, tap) => (depth(tap) >= depth(last) ? tap : last))
}
