/** Refuses examples with which no probe can be fitted, and says where they went. */
import { StageError } from "../../src/index.ts"
import type { Example } from "../tables/examples.ts"
import { askedName } from "../tables/support.ts"
import type { Draft } from "./draft.ts"
import { exclusionReason } from "./losses.ts"
import { commonExamples, ownExamples, type Support } from "./support.ts"

/** Whether some question has two right answers left: a probe needs two classes. */
function isProbeable(examples: Iterable<Draft>): boolean {
  const labels = new Map<string, string>()
  for (const { task, target, label, left_out } of examples) {
    if (left_out !== null) continue
    const question = JSON.stringify([task, target])
    if ((labels.get(question) ?? label) !== label) return true
    labels.set(question, label)
  }
  return false
}

/** @throws StageError before any encoder is looked at */
export function checkDrafts(drafts: ReadonlyArray<Draft>, question: "category" | "pair" | "presence"): void {
  if (isProbeable(drafts)) return
  if (drafts.length === 0)
    throw new StageError("there is nothing to ask about: the scenes have no such objects", {
      field: "scenes"
    })
  throw new StageError(
    `nothing can be asked: no question has examples of two classes (${whereTheyWent(drafts)})`,
    {
      hint:
        question === "pair"
          ? "the tasks need scenes with different categories"
          : "lower `minimum`, or add scenes"
    }
  )
}

/** @throws StageError if encoders have too few examples in common, or an encoder too few of its own */
export function checkExamples(
  examples: ReadonlyArray<Example>,
  drafts: ReadonlyArray<Draft>,
  support: Support,
  mode: "common" | "own"
): void {
  const { asked } = support
  const byAsked = (i: number) => examples.slice(i * drafts.length, (i + 1) * drafts.length)
  if (mode === "common" ? isProbeable(examples) : asked.some((_, i) => isProbeable(byAsked(i)))) return
  if (asked.length === 1 || mode === "own")
    throw new StageError(
      `nothing can be asked of ${asked.map(askedName).join(", ")}: no question has examples of two classes ` +
        `(${whereTheyWent(examples)})`,
      { field: "support", hint: "the losses of find-support and select-tokens say what lacks tokens" }
    )
  const each = asked.map((who) => {
    const own = ownExamples(drafts, {
      asked: [who],
      of: (draft) => [support.of(draft)[asked.indexOf(who)]!]
    })
    return { name: askedName(who), scenes: scenesOf(own), isProbeable: isProbeable(own) }
  })
  const all = asked.length === 2 ? "both" : `all ${asked.length}`
  throw new StageError(
    "too few examples in common for any probe; scenes with examples: " +
      [...each, { name: all, scenes: scenesOf(examples) }]
        .map(({ name, scenes }) => `${name} ${scenes}`)
        .join(", "),
    {
      field: "examples",
      hint: each.some((one) => one.isProbeable)
        ? 'leave out the encoder that lacks them, or ask each about its own (`examples: "own"`), which makes encoders harder to compare'
        : `none has enough alone (${whereTheyWent(commonExamples(drafts, support))})`
    }
  )
}

const scenesOf = (examples: ReadonlyArray<Draft>): number =>
  new Set(examples.filter(({ left_out }) => left_out === null).map(({ scene }) => scene)).size

/** The three most frequent fates of examples, with counts. */
function whereTheyWent(examples: ReadonlyArray<Draft>): string {
  const counts = new Map<string, number>()
  for (const { left_out } of examples) {
    const fate = exclusionReason(left_out) ?? "kept"
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const more = sorted.length > 3 ? "; …" : ""
  return (
    sorted
      .slice(0, 3)
      .map(([fate, count]) => `${fate}: ${count}`)
      .join("; ") + more
  )
}
