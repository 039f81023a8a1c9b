/** Whether encoders were asked about the same examples: otherwise their accuracies cannot be compared. */
import type { Score } from "../tables/scores.ts"

type Asked = Pick<Score, "encoder" | "probe" | "selection" | "token" | "source" | "task" | "target">
const keyOf = ({ probe, selection, token, source, task, target }: Asked) =>
  JSON.stringify([probe, selection, token, source, task, target])

/**
 * Tells of each question whether all encoders that were asked it, at whatever tap, were asked about the same examples;
 * null if one encoder alone was.
 */
export function sameExamples(
  scores: ReadonlyArray<Asked & Pick<Score, "n" | "examples_digest">>
): (asked: Asked) => boolean | null {
  const questions = new Map<string, { encoders: Set<string>; digests: Set<string>; sizes: Set<number> }>()
  for (const score of scores) {
    // an encoder without a single example was not asked
    if (score.n === 0) continue
    const key = keyOf(score)
    const of = questions.get(key) ?? { encoders: new Set(), digests: new Set(), sizes: new Set() }
    questions.set(key, of)
    of.encoders.add(score.encoder)
    of.sizes.add(score.n)
    // undefined fits have no predictions, and so no digest
    if (score.examples_digest !== null) of.digests.add(score.examples_digest)
  }
  return (asked) => {
    const of = questions.get(keyOf(asked))
    if (of === undefined || of.encoders.size < 2) return null
    return of.digests.size <= 1 && of.sizes.size === 1
  }
}
