/** Compares the artifacts of one pair of nodes: by digest, by the stage's own `compare`, by their values. */
import type { Comparison, Verdict } from "../pipeline/comparison.ts"
import type { Opened } from "../project/open-pipeline.ts"
import { missingArtifact } from "../project/missing-artifact.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { own } from "../support/own.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { compareValues } from "./compare-values.ts"
import type { OpenedRuns } from "./opened-runs.ts"
import type { Pair } from "./pairs.ts"
import { type Settings, thresholdsFor } from "./settings.ts"
import { compareByStage, type StageAnswer } from "./stage-comparison.ts"
import type { Side, ValueDifference } from "./values.ts"

/** Plain JSON. */
export interface DiffNode {
  /** the node's id, or both: `probes/vit → probes/clip` */
  readonly id: string
  /** null if a side has no artifact */
  readonly verdict: Verdict | null
  /** what the verdict rests on; null if there is none */
  readonly by: "digest" | "stage" | "values" | null
  readonly stage: string
  readonly a: NodeSide
  readonly b: NodeSide
  /** whether it is one of the pipeline's outputs */
  readonly output: boolean
  /** whether an input of its own differs */
  readonly direct: boolean
  /** in the stage's own terms; null if it was not asked, or brings no `compare` */
  readonly comparison: Comparison | null
  /** null if they were not compared */
  readonly values: ValueDifference | null
  /** why something was not compared */
  readonly note: string | null
}
interface NodeSide {
  readonly node: string | null
  readonly artifact: string | null
}

/** One side: where its artifacts are, and which run made them, if known. */
export interface Origin {
  readonly store: Store
  readonly run: RunRecord | null
}
export interface NodeContext {
  readonly a: Origin
  readonly b: Origin
  readonly opened: OpenedRuns
  readonly settings: Settings
  readonly signal: AbortSignal
  /** receives what is wrong with a stage's function */
  readonly onProblem: (problem: Problem) => void
}
export interface NodeOptions {
  readonly output: boolean
  readonly direct: boolean
  /** compare the values: always, or only if the stage gives no verdict */
  readonly values: "always" | "instead" | "never"
}

/** @throws Problem StoreCorrupt if something that is read is damaged */
export async function compareNodes(
  pair: Pair,
  context: NodeContext,
  options: NodeOptions
): Promise<DiffNode> {
  const { a, b } = pair
  const { output, direct } = options
  const blank: DiffNode = {
    id: pair.id,
    verdict: null,
    by: null,
    stage: b.stage,
    a: { node: a.id, artifact: a.artifact },
    b: { node: b.id, artifact: b.artifact },
    output,
    direct,
    comparison: null,
    values: null,
    note: null
  }
  if (a.artifact === null || b.artifact === null) return { ...blank, note: unmade(a, b) }
  if (a.artifact === b.artifact) return { ...blank, verdict: "same", by: "digest" }
  const different = { ...blank, verdict: "different", by: "digest" } as const
  const before = manifestOf(context.a, a.id, a.artifact)
  const after = manifestOf(context.b, b.id, b.artifact)
  if (isProblem(before)) return { ...different, note: `a: ${before.message}` }
  if (isProblem(after)) return { ...different, note: `b: ${after.message}` }
  const unrelated = unrelatedKinds(before, after)
  if (unrelated !== null) return { ...different, note: unrelated }
  const answer = await askStage(pair, { before, after }, context)
  const { comparison, note } = answer
  if (answer.problem !== null) context.onProblem(answer.problem)
  const isSettled = comparison !== null && comparison.verdict !== null
  const values =
    options.values === "always" || (options.values === "instead" && !isSettled)
      ? await compareValues(
          await valueSide(context.a, a, before, context),
          await valueSide(context.b, b, after, context),
          { tolerance: context.settings.tolerance, signal: context.signal }
        )
      : null
  return {
    ...blank,
    comparison,
    values,
    note,
    verdict: comparison?.verdict ?? values?.verdict ?? "different",
    by: isSettled ? "stage" : values !== null ? "values" : "digest"
  }
}

function unmade(a: NodeRecord, b: NodeRecord): string {
  const told = (side: string, { artifact, status, error }: NodeRecord) =>
    artifact !== null
      ? []
      : [
          `${side} has no artifact: it ${status === "failed" ? "failed" : "was not made"}${error === null ? "" : ` (${error})`}`
        ]
  return [...told("a", a), ...told("b", b)].join("; ")
}

/** The manifest, or why it is missing. @throws Problem StoreCorrupt or StoreNotUsable if it is damaged or of another version */
function manifestOf({ store }: Origin, node: string, digest: string): Manifest | Problem {
  const manifest = store.manifest(digest)
  if (manifest !== null) return manifest
  const problem = missingArtifact(store, digest, `the artifact of "${node}"`)
  if (problem._tag !== "ArtifactNotFound") throw problem
  return problem
}

/** Why two artifacts cannot be compared by values; null if they can. */
export function unrelatedKinds(a: Manifest, b: Manifest): string | null {
  const kind = ({ idColumn }: Manifest) => (idColumn === null ? "is a table" : `has rows of ${idColumn}s`)
  if (a.idColumn !== b.idColumn) return `they are of different kinds: a ${kind(a)}, and b ${kind(b)}`
  const shared = Object.keys(a.columns).some((column) => own(b.columns, column) !== undefined)
  return shared ? null : "they have no column in common"
}

const nothing: StageAnswer = { comparison: null, note: null, problem: null }
const noted = (note: string): StageAnswer => ({ ...nothing, note })

async function askStage(
  { a, b }: Pair,
  { before, after }: { readonly before: Manifest; readonly after: Manifest },
  { a: originA, b: originB, opened, settings }: NodeContext
): Promise<StageAnswer> {
  if (a.stage !== b.stage || originA.run === null || originB.run === null) return nothing
  const own = [
    (await opened.of(originA.run, originA.store)).opened,
    (await opened.of(originB.run, originB.store)).opened
  ] as const
  // a pipeline file that is gone may be in another place now: the other side's stages read the same artifacts
  const inOneStore = originA.store.root === originB.store.root
  const [first, second] = inOneStore ? [own[0] ?? own[1], own[1] ?? own[0]] : own
  // told once, for all nodes
  if (first === null || second === null) return nothing
  const nodeOf = ({ graph }: Opened, { id, stage }: NodeRecord) => {
    const node = graph.byId.get(id)
    return node?.stage.name === stage ? node : null
  }
  const [nodeA, nodeB] = [nodeOf(first, a), nodeOf(second, b)]
  if (nodeA === null || nodeB === null) {
    const [id, side] = nodeB === null ? [b.id, "b"] : [a.id, "a"]
    return noted(`the pipeline file no longer has the node ${id} of ${side}, which its stage could compare`)
  }
  const { compare } = nodeB.stage.spec
  if (compare === undefined) return nothing
  return compareByStage(
    { name: "a", opened: first, node: nodeA, manifest: before, artifactOf: artifactOf(originA.run) },
    { name: "b", opened: second, node: nodeB, manifest: after, artifactOf: artifactOf(originB.run) },
    thresholdsFor(compare.thresholds ?? {}, settings.thresholds)
  )
}

function artifactOf({ nodes }: RunRecord): (node: string) => string | null {
  const artifacts = new Map(nodes.map(({ id, artifact }) => [id, artifact]))
  return (node) => artifacts.get(node) ?? null
}

/** The pipeline file knows which columns name a row. */
async function valueSide(
  { store, run }: Origin,
  { id, stage }: NodeRecord,
  manifest: Manifest,
  { opened }: NodeContext
): Promise<Side> {
  const its = run === null ? null : (await opened.of(run, store)).opened
  const node = its?.graph.byId.get(id)
  const rowKey = node?.stage.name === stage ? node.stage.spec.rowKey : undefined
  return { store, manifest, rowKey: rowKey ?? null }
}
