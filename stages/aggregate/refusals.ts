/** Tables of scores that do not go together, and scores of nothing. */
import { StageError } from "../../src/index.ts"
import { fitId, undefinedBecause } from "../tables/fits.ts"
import type { Score } from "../tables/scores.ts"

/** Looks at the scores of several tables one by one. Tables are numbered from 0 here, from 1 in messages. */
export class TableCheck {
  readonly #fits = new Map<string, number>()
  /** by name, an encoder's digest and the first table that has it */
  readonly #digests = new Map<string, { readonly digest: string; readonly table: number }>()
  readonly #names = new Map<string, { readonly name: string; readonly table: number }>()

  /** @throws StageError if a fit occurs twice, or if one name stands for two encoders, or two names for one */
  add(score: Score, table: number): void {
    this.#checkName(score, table)
    this.#checkFit(score, table)
  }

  #checkName(score: Score, table: number): void {
    const { encoder: name, encoder_digest: digest } = score
    if (digest === null) return
    const before = this.#digests.get(name)
    if (before === undefined) this.#digests.set(name, { digest, table })
    else if (before.digest !== digest)
      throw new StageError(
        `${both(before.table, table)} use the name "${name}" for two encoders: their weights or preprocessing differ`,
        {
          field: "encoder",
          hint: "give each encoder its own `encoder` name in fit-probes",
          inputs: inputsOf(before.table, table)
        }
      )
    const named = this.#names.get(digest)
    if (named === undefined) this.#names.set(digest, { name, table })
    else if (named.name !== name)
      throw new StageError(
        `${both(named.table, table)} name one encoder "${named.name}" and "${name}": the weights and preprocessing are the same`,
        {
          field: "encoder",
          hint: "check that each fit-probes node has its own activations; to compare two settings of one encoder, aggregate them in two nodes",
          inputs: inputsOf(named.table, table)
        }
      )
  }

  #checkFit(score: Score, table: number): void {
    const { encoder, probe, tap, token, source, target } = score
    const key = JSON.stringify([encoder, fitId(score)])
    const before = this.#fits.get(key)
    if (before === table)
      throw new StageError(`${both(table, table)} has two fits ${fitId(score)} of encoder "${encoder}"`, {
        hint: "list each fit once",
        inputs: inputsOf(table, table)
      })
    if (before !== undefined)
      throw new StageError(
        `${both(before, table)} both have the ${probe} probe of ${target} from ${token} (${source}) at ${tap} of encoder "${encoder}"`,
        {
          field: "encoder",
          hint:
            score.encoder_digest === null
              ? "give each fit-probes node its own `encoder` name"
              : "it is one encoder: to compare two settings of it, aggregate them in two nodes",
          inputs: inputsOf(before, table)
        }
      )
    this.#fits.set(key, table)
  }
}

const both = (a: number, b: number) =>
  a === b ? `table ${a + 1} of the port scores` : `tables ${a + 1} and ${b + 1} of the port scores`
const inputsOf = (a: number, b: number) => [...new Set([a, b])].map((index) => ({ port: "scores", index }))

/** The error if all fits lack examples: it tells how many the largest has. */
export function noFit(scores: ReadonlyArray<Score>): StageError {
  const most = (of: "n" | "classes" | "images") => scores.reduce((a, score) => Math.max(a, score[of]), 0)
  const [n, classes] = [most("n"), most("classes")]
  const first = scores[0]!
  const why = first.undefined_because
  const hint = new Map<string | null, string>([
    [undefinedBecause.untargeted, "give list-fits and choose-examples the same `question`"],
    [undefinedBecause.taskless, "list-fits and choose-examples must name the same tasks"],
    [
      undefinedBecause.unasked,
      "give fit-probes the `encoder` name that find-support has, and list-fits its selections"
    ],
    [undefinedBecause.tokenless, "list-fits takes the names of tokens and sources that the activations have"],
    [undefinedBecause.unselected, "list-fits takes the `selections` that build-object-masks made"],
    [undefinedBecause.untasked, "list-fits takes the tasks for which select-tokens made tokens"]
  ]).get(why)
  if (hint !== undefined && scores.every((score) => score.undefined_because === why))
    return new StageError(`no fit can be scored: ${why} (such as ${fitId(first)})`, { hint })
  return new StageError(
    `too few objects for any probe: at most ${n} examples of ${classes} ${classes === 1 ? "class" : "classes"} in ${most("images")} images are left; a probe needs 2 classes, and 4 images per fold`,
    {
      hint:
        first.task !== null
          ? 'sample more scenes, or use fewer `folds`; the support table lists what each encoder lacks (examples: "own" asks each about its own)'
          : n === 0
            ? 'no examples are left: the run\'s report and the table of examples list what was left out and why; if the reason is "too few", lower `minimum` or sample more scenes'
            : "sample more scenes, lower `minimum`, or use fewer `folds`; masks and activations are kept, and the table of examples lists what was left out and why"
    }
  )
}
