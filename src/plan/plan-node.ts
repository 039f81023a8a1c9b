/**
 * Plans one node: from its inputs' artifacts and its parameters to its key, and from the key to its artifact,
 * if a trace matches. Reads manifests and traces, never data.
 */
import type { KnownArtifact, Planning } from "./planning.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { type NodePlan, planOf, knownOf, freshCues } from "./node-plan.ts"
import { paramsPreimage, type ParamsPreimage } from "./identity.ts"
import { planItems } from "./items.ts"
import { NotHere, type Seen, changedReads } from "./world.ts"
import { type Expected, isKnownPort, preimageOf, preimageSoFar } from "./node-preimage.ts"
import { keyOf, type Preimage } from "../store/records/preimage.ts"
import { differences, type Cue } from "./cue.ts"
import type { Trace } from "../store/records/trace.ts"
import type { ItemFailure } from "../store/records/manifest.ts"

type Artifacts = ReadonlyMap<string, KnownArtifact>

/**
 * Plans one node, without its items. `artifacts` has those of the nodes that it reads; a missing one is not
 * known yet, but `expected` may tell of its families. The result is synchronous unless a stage's `identity` has
 * to be called: 10,000 promises for fresh nodes would be noticeably slower.
 *
 * @throws Problem if its parameters are invalid or the store cannot be read; a promise rejects with the same
 */
export function planNode(
  node: GraphNode,
  artifacts: Artifacts,
  planning: Planning,
  signal?: AbortSignal,
  expected: Expected = new Map()
): NodePlan | Promise<NodePlan> {
  const params = paramsPreimage(node, planning, signal)
  return params instanceof Promise
    ? params.then((answered) => planWith(node, artifacts, expected, planning, answered))
    : planWith(node, artifacts, expected, planning, params)
}

/** The same, with the items of a node that would run: reliable only while holding the node's lock. */
export async function planWithItems(
  node: GraphNode,
  artifacts: Artifacts,
  planning: Planning,
  signal?: AbortSignal
): Promise<NodePlan> {
  return withItemPlan(await planNode(node, artifacts, planning, signal), artifacts, planning)
}

export async function withItemPlan(
  plan: NodePlan,
  artifacts: Artifacts,
  planning: Planning
): Promise<NodePlan> {
  const { node, state, preimage } = plan
  const wouldRun = state === "stale" || state === "missing"
  return wouldRun && node.stage.kind === "itemwise"
    ? { ...plan, items: await planItems(node, preimage!, artifacts, planning) }
    : plan
}

function planWith(
  node: GraphNode,
  artifacts: Artifacts,
  expected: Expected,
  planning: Planning,
  params: ParamsPreimage | NotHere
): NodePlan {
  const waiting = waitingFor(node, artifacts, expected)
  if (params instanceof NotHere || waiting.length > 0) {
    const cues = unknownCues(node, artifacts, expected, planning, params, waiting)
    return planOf(node, { state: "unknown", cues })
  }
  const preimage = preimageOf(node, artifacts, planning, params, expected)
  const key = keyOf(preimage)
  if (planning.force.has(node.id))
    return planOf(node, { state: "stale", preimage, key, cues: [cueOf("forced", node.id)] })

  const seen: Seen = new Map()
  const indexed = fromIndex(node, preimage, key, artifacts, expected, planning, seen)
  if (indexed !== null) return indexed
  const found = fromTraces(node, preimage, key, artifacts, expected, planning, seen)
  if ("plan" in found) return found.plan
  const previous = planning.previous(node)
  const cues = [...(previous === null ? [] : differences(previous.preimage, preimage)), ...found.changes]
  return planOf(node, {
    state: previous === null ? "missing" : "stale",
    preimage,
    key,
    cues: cues.length > 0 ? cues : [absentCue(node, key, previous)]
  })
}

/** Plans by the fresh index, which opens at most one trace; null if the index has no answer. */
function fromIndex(
  node: GraphNode,
  preimage: Preimage,
  key: string,
  artifacts: Artifacts,
  expected: Expected,
  { store, outside }: Planning,
  seen: Seen
): NodePlan | null {
  const { name, kind } = node.stage
  const entry =
    store.freshIndex.get(name, key, preimage.output) ??
    // the reads of a source are unknown until its traces are searched
    (kind === "source" ? null : store.freshIndex.learn(name, key, preimage.output, []))
  if (entry === null || changedReads(entry.outcome.reads, outside, seen).length > 0) return null
  const { manifest, outcome } = entry
  const known = knownOf(manifest, outcome, inputsOf(node, artifacts, expected))
  return {
    node,
    state: "fresh",
    preimage,
    key,
    trace: outcome,
    known,
    cues: freshCues(outcome),
    items: null,
    failures: [],
    failure: null,
    refusal: null
  }
}

/** Plans by the traces of the key, or finds what has changed since they read it. */
function fromTraces(
  node: GraphNode,
  preimage: Preimage,
  key: string,
  artifacts: Artifacts,
  expected: Expected,
  { store, outside, retryFailed }: Planning,
  seen: Seen
): { readonly plan: NodePlan } | { readonly changes: ReadonlyArray<Cue> } {
  const changes: Array<Cue> = []
  for (const trace of store.traces(node.stage.name, key)) {
    const reads = changedReads(trace.reads, outside, seen)
    if (reads.length > 0) {
      if (changes.length === 0) changes.push(...reads)
      continue
    }
    const { artifact, run } = trace
    if (artifact === null) {
      const failure = { node: node.id, error: trace.error ?? "unknown" }
      const cues = [failedCue(run, node.id, failure.error)]
      if (retryFailed) return { changes: [...changes, ...cues] }
      return { plan: planOf(node, { state: "failed", preimage, key, trace, failure, cues }) }
    }
    const manifest = store.manifest(artifact)
    if (manifest === null) {
      changes.push({ cue: "lost", path: `artifact ${artifact.slice(0, 12)}`, before: artifact, after: null })
      continue
    }
    // the trace has the reasons: stages that fail the same items for different reasons share an artifact
    const failures = trace.failed ?? manifest.failed
    const failed = failures.slice(0, mostCues).map(({ item, error }) => failedCue(run, item, error))
    if (failures.length > 0 && retryFailed) return { changes: [...changes, ...failed] }
    const state = failures.length > 0 ? "failed" : "fresh"
    if (state === "fresh") store.freshIndex.learn(node.stage.name, key, preimage.output, trace.reads)
    const known = knownOf(manifest, trace, inputsOf(node, artifacts, expected))
    const cues = [...freshCues(trace), ...failed]
    return { plan: planOf(node, { state, preimage, key, trace, known, failures, cues }) }
  }
  return { changes }
}

/** Existing inputs, and expected ones whose member names alone are read. */
const inputsOf = ({ inputs }: GraphNode, artifacts: Artifacts, expected: Expected) =>
  inputs.map(({ id }) => artifacts.get(id) ?? expected.get(id)!)

/** Inputs that must be computed before it is known what the node reads. */
function waitingFor(
  { inputs, ports }: GraphNode,
  artifacts: Artifacts,
  expected: Expected
): ReadonlyArray<GraphNode> {
  if (inputs.every(({ id }) => artifacts.has(id))) return []
  const unknown = Object.values(ports).filter((port) => !isKnownPort(port, artifacts, expected))
  return inputs.filter(
    (input) => !artifacts.has(input.id) && unknown.some(({ from }) => from.includes(input))
  )
}

/** The most failed items of an artifact that get a cue. */
const mostCues = 20

/**
 * For a node below one that would run, or one that needs a download: what has changed in any case, and what
 * is unknown until then.
 */
function unknownCues(
  node: GraphNode,
  artifacts: Artifacts,
  expected: Expected,
  planning: Planning,
  params: ParamsPreimage | NotHere,
  waiting: ReadonlyArray<GraphNode>
): ReadonlyArray<Cue> {
  const upstream = waiting.map(({ id }) => cueOf("upstream", id))
  if (params instanceof NotHere) return [cueOf("not-here", params.wanted.what), ...upstream]
  const before = planning.previous(node)?.preimage
  return before === undefined
    ? upstream
    : [
        ...differences(before, preimageSoFar(node, artifacts, planning, params, before, expected)),
        ...upstream
      ]
}

const cueOf = (cue: Cue["cue"], path: string): Cue => ({ cue, path, before: null, after: null })

/** Nothing differs, yet no trace matches: it never ran, or its trace is gone. */
const absentCue = (node: GraphNode, key: string, previous: Trace | null): Cue =>
  previous === null
    ? cueOf("never-run", node.id)
    : { cue: "lost", path: `trace ${key.slice(0, 12)}`, before: key, after: null }

/** @param path the failed item's id, or the failed node's */
const failedCue = (run: string, path: ItemFailure["item"], error: string): Cue => ({
  cue: "failed",
  path,
  before: error,
  after: run
})
