/**
 * Attributes a difference between two runs to the parameters that changed: runs the pipeline with some of b's parameters and the
 * rest of a's, and compares a with each. What the cache has is not computed again.
 *
 * Only parameters can be mixed. Code, packages and files are as they are now in every mixture; what they contribute is told as
 * the rest.
 */
import type { Verdict } from "../pipeline/comparison.ts"
import { type Opened, openPipeline } from "../project/open-pipeline.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { isProblem, Problem, usage } from "../support/problem.ts"
import { changedParams } from "./changed-params.ts"
import type { Diff } from "./diff.ts"
import { mixtureKey, mixturesOf, type Mixture, type Share, sharesOf } from "./shares.ts"
import type { RunSide, Sides } from "./sides.ts"

/** A diff with what `--attribute` adds. Plain JSON. */
export interface AttributedDiff extends Diff {
  readonly attribution?: Attribution
  /** of a dry run */
  readonly would?: ReadonlyArray<MixturePlan>
}
export interface Attribution {
  /** in the order in which the pipeline declares them */
  readonly params: ReadonlyArray<string>
  readonly runs: ReadonlyArray<MixtureRun>
  readonly effects: ReadonlyArray<AttributedEffect>
}
/** A run with some of b's parameters, compared with a. */
export interface MixtureRun {
  /** the parameters that have b's values */
  readonly changed: Mixture
  readonly run: string
  /** null if the run failed */
  readonly verdict: Verdict | null
  readonly why: string
}
export interface AttributedEffect {
  /** the output's node id, and the effect as its stage calls it */
  readonly node: string
  readonly effect: string
  /** of b against a */
  readonly total: number
  readonly shares: ReadonlyArray<Share>
  /** the total less all shares: code, packages and files that changed; null if it is unknown */
  readonly rest: number | null
}

/** What a mixture's run would do. Plain JSON. */
export interface MixturePlan {
  readonly changed: Mixture
  /** nodes that would run, and those that may, if what they read changes */
  readonly nodes: { readonly total: number; readonly run: number; readonly may_run: number }
}
export interface MixtureToRun {
  readonly changed: Mixture
  readonly opened: Opened
}

/**
 * The pipelines to run, the one with all of a's parameters first and the one with all of b's last.
 *
 * @throws Problem Usage if the sides are not runs of one pipeline file, or no parameter differs
 */
export async function mixturesToRun(sides: Sides): Promise<ReadonlyArray<MixtureToRun>> {
  const { a, b } = runsOf(sides)
  const params = paramsOf(a, b)
  return Promise.all(
    mixturesOf(params).map(async (changed) => ({ changed, opened: await openMixture(a, b, changed) }))
  )
}

async function openMixture(a: RunSide, b: RunSide, changed: Mixture): Promise<Opened> {
  try {
    return await openPipeline(b.run.file, {
      set: [],
      params: { ...a.run.params, ...pick(b.run.params, changed) },
      store: b.store.root,
      force: [],
      retryFailed: false
    })
  } catch (error) {
    if (!isProblem(error)) throw error
    const { message, file, field, hint } = error
    const which = changed.length === 0 ? "a's parameters" : `a's parameters but b's ${changed.join(", ")}`
    throw new Problem(error._tag, `cannot attribute: with ${which}, ${message}`, { file, field, hint })
  }
}

function runsOf(sides: Sides): { readonly a: RunSide; readonly b: RunSide } {
  if (sides.kind !== "run")
    throw usage("--attribute needs two runs", "--attribute", "give the runs that made the artifacts")
  const { a, b } = sides
  if (a.run.pipeline !== b.run.pipeline || a.run.file !== b.run.file)
    throw usage(
      `${a.reference} and ${b.reference} are runs of different pipelines`,
      "--attribute",
      `${a.run.file} and ${b.run.file}: only runs of one pipeline file have mixtures`
    )
  if (paramsOf(a, b).length === 0)
    throw usage(
      `${a.reference} and ${b.reference} have the same parameters`,
      "--attribute",
      "only parameters can be attributed: `probeline diff` lists the other inputs that differ"
    )
  return { a, b }
}

const paramsOf = (a: RunSide, b: RunSide) => changedParams(b.run, a.run).map(({ param }) => param)
const pick = (values: Readonly<Record<string, unknown>>, names: ReadonlyArray<string>) =>
  Object.fromEntries(names.map((name) => [name, values[name]]))

/** A mixture's run, and the diff of a against it; null if the run failed. */
export interface MixtureDiff {
  readonly changed: Mixture
  readonly run: RunRecord
  readonly diff: Diff | null
}

export function attributionOf(diff: Diff, mixtures: ReadonlyArray<MixtureDiff>): Attribution {
  const params = mixtures.at(-1)!.changed
  const byKey = new Map(mixtures.map((mixture) => [mixtureKey(mixture.changed), mixture.diff]))
  const effects = effectsOf(diff).map(({ node, effect, difference: total }): AttributedEffect => {
    const valueOf = (changed: Mixture) => {
      const of = byKey.get(mixtureKey(changed))
      return of == null ? null : effectIn(of, node, effect)
    }
    const [none, all] = [valueOf([]), valueOf(params)]
    return {
      node,
      effect,
      total,
      shares: sharesOf(params, valueOf),
      rest: none === null || all === null ? null : total - (all - none)
    }
  })
  const runs = mixtures.map(({ changed, run, diff: of }): MixtureRun => ({
    changed,
    run: run.id,
    verdict: of?.verdict ?? null,
    why: of?.why ?? `the run failed; see \`probeline show ${run.id}\``
  }))
  return { params, runs, effects }
}

const effectsOf = ({ nodes }: Diff) =>
  nodes.flatMap(({ id, output, comparison }) =>
    output
      ? (comparison?.effects ?? []).map(({ name, difference }) => ({ node: id, effect: name, difference }))
      : []
  )

/** Equal artifacts do not differ in anything. */
function effectIn({ nodes }: Diff, id: string, effect: string): number | null {
  const node = nodes.find((one) => one.id === id)
  if (node?.by === "digest" && node.verdict === "same") return 0
  return node?.comparison?.effects?.find(({ name }) => name === effect)?.difference ?? null
}
