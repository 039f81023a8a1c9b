/**
 * The planner: what each node depends on, and whether its artifact is there.
 *
 * `run`, `run --dry-run`, `status` and `why` all ask `planNode`, a node at a time with its inputs' artifacts in
 * hand, so they cannot disagree. It reads manifests and traces alone, never data.
 */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import type { ItemFailure } from "../store/records/manifest.ts"
import { keyOf, sharedKeyOf } from "../store/records/preimage.ts"
import type { Trace } from "../store/records/trace.ts"
import { type Cue, differences } from "./cue.ts"
import { joinedPorts, planItems } from "./items.ts"
import { freshCues, knownOf, type NodePlan, planOf } from "./node-plan.ts"
import { ownPreimage, preimageOf, preimageSoFar } from "./node-preimage.ts"
import { planFresh } from "./plan-fresh.ts"
import type { KnownArtifact, Planning } from "./planning.ts"
import { changedReads, NotHere, type Seen } from "./world.ts"

export { type NodePlan, partialOf, type State } from "./node-plan.ts"
export { idColumnOf, ownPreimage } from "./node-preimage.ts"
export { planFresh } from "./plan-fresh.ts"
export type { KnownArtifact, Planning } from "./planning.ts"
export type { Fetching } from "./world.ts"

/**
 * Plans one node. `artifacts` has those of the nodes that it reads; one that is missing there is not known yet.
 *
 * `withItems` looks up the items of a node that is not fresh: only who holds its lock can rely on what that gives.
 */
export const planNode = (
  node: GraphNode,
  artifacts: ReadonlyMap<string, KnownArtifact>,
  planning: Planning,
  withItems = true
): Effect.Effect<NodePlan, Problem> =>
  Effect.suspend(() => {
    const seen: Seen = new Map()
    const fresh = planFresh(node, artifacts, planning, seen)
    return fresh === null ? lookAt(node, artifacts, planning, withItems, seen) : Effect.succeed(fresh)
  })

const lookAt = Effect.fn("plan.node")(function* (
  node: GraphNode,
  artifacts: ReadonlyMap<string, KnownArtifact>,
  planning: Planning,
  withItems: boolean,
  seen: Seen
) {
  const waiting = node.inputs.filter((input) => !artifacts.has(input.id))
  if (waiting.length > 0)
    return planOf(node, { state: "unknown", cues: yield* waitingCues(node, artifacts, planning, waiting) })
  const inputs = new Map(node.inputs.map(({ id }) => [id, artifacts.get(id)!]))
  const preimage = yield* preimageOf(node, inputs, planning).pipe(
    Effect.catchTag("NotHere", (absent) => Effect.succeed(absent))
  )
  if (preimage instanceof NotHere) return planOf(node, { state: "unknown", cues: [notHereCue(preimage)] })
  const key = keyOf(preimage)
  const items = () =>
    withItems && node.stage.kind === "itemwise"
      ? planItems(node, preimage, inputs, planning)
      : Effect.succeed(null)
  if (planning.force.has(node.id)) {
    const cue: Cue = { cue: "forced", path: node.id, before: null, after: null }
    return planOf(node, { state: "stale", preimage, key, items: yield* items(), cues: [cue] })
  }

  const traces = yield* planning.store.traces(node.stage.name, key)
  const changes: Array<Cue> = []
  for (const trace of traces) {
    const reads = changedReads(trace.reads, planning.outside, seen)
    if (reads.length > 0) {
      if (changes.length === 0) changes.push(...reads)
      continue
    }
    if (trace.artifact === null) {
      const failures = [{ item: node.id, error: trace.error ?? "unknown" }]
      if (planning.retryFailed) {
        changes.push(failedCue(trace, failures[0]!))
        break
      }
      return planOf(node, {
        state: "failed",
        preimage,
        key,
        trace,
        failures,
        cues: [failedCue(trace, failures[0]!)]
      })
    }
    const manifest = yield* planning.store.manifest(trace.artifact)
    if (manifest === null) {
      changes.push({
        cue: "lost",
        path: `artifact ${trace.artifact.slice(0, 12)}`,
        before: trace.artifact,
        after: null
      })
      continue
    }
    // the reasons are the trace's: stages that fail the same items for other reasons share an artifact
    const failures = trace.failed ?? manifest.failed
    if (failures.length > 0 && planning.retryFailed) {
      changes.push(...failures.slice(0, 20).map((failure) => failedCue(trace, failure)))
      break
    }
    const known = knownOf(manifest, trace, inputs)
    const state = failures.length > 0 ? "failed" : "fresh"
    if (state === "fresh") planning.store.freshIndex.learn(node.stage.name, key, preimage.output, trace.reads)
    const cues = [...freshCues(trace), ...failures.slice(0, 20).map((failure) => failedCue(trace, failure))]
    return planOf(node, { state, preimage, key, trace, known, failures, cues })
  }
  const previous = yield* planning.previous(node)
  const state = previous === null ? "missing" : "stale"
  const cues = [...(previous === null ? [] : differences(previous.preimage, preimage)), ...changes]
  const reasons = cues.length > 0 ? cues : [absentCue(node, key, previous)]
  return planOf(node, { state, preimage, key, items: yield* items(), cues: reasons })
})

/**
 * Below a node that would run: what is other than before in any case, and what is not known until then. What is wrong
 * with its own parameters is wrong in any case too, and who is told of it before a long run need not wait for the end
 * of that: so it fails as `preimageOf` does.
 */
const waitingCues = (
  node: GraphNode,
  artifacts: ReadonlyMap<string, KnownArtifact>,
  planning: Planning,
  waiting: ReadonlyArray<GraphNode>
): Effect.Effect<ReadonlyArray<Cue>, Problem> =>
  Effect.gen(function* () {
    const upstream = waiting.map(({ id }): Cue => ({ cue: "upstream", path: id, before: null, after: null }))
    const own = yield* ownPreimage(node, planning).pipe(
      Effect.catchTag("NotHere", (absent) => Effect.succeed(absent))
    )
    if (own instanceof NotHere) return [notHereCue(own), ...upstream]
    const before = (yield* planning.previous(node))?.preimage
    return before === undefined
      ? upstream
      : [...differences(before, preimageSoFar(node, artifacts, planning, own, before)), ...upstream]
  })

/** Whether a problem of a node's plan, a hub that is down among them, is its own: it fails, and others go on. */
export const failsAlone = ({ _tag }: Problem, keepGoing: boolean): boolean =>
  keepGoing && (_tag === "ParameterInvalid" || _tag === "FetchFailed" || _tag === "InputChanged")

/**
 * Plans all nodes without running any: below one that would run, nodes are unknown. `keepGoing` as for a run: a node
 * that cannot be planned is failed then, and otherwise its problem is that of the whole.
 */
export const planAll = Effect.fn("plan.all")(function* (
  nodes: ReadonlyArray<GraphNode>,
  planning: Planning,
  keepGoing = false
) {
  const known = new Map<string, KnownArtifact>()
  const plans: Array<NodePlan> = []
  planning.store.freshIndex.begin()
  for (const node of nodes) {
    const seen: Seen = new Map()
    const planned =
      planFresh(node, known, planning, seen) ??
      (yield* lookAt(node, known, planning, true, seen).pipe(
        Effect.catch((problem: Problem) =>
          failsAlone(problem, keepGoing) ? Effect.succeed(refusedPlan(node, problem)) : Effect.fail(problem)
        )
      ))
    if (planned.known !== null) known.set(node.id, planned.known)
    plans.push(planned)
  }
  return plans
})

const refusedPlan = (node: GraphNode, { message }: Problem): NodePlan =>
  planOf(node, {
    state: "failed",
    failures: [{ item: node.id, error: message }],
    cues: [{ cue: "refused", path: node.id, before: message, after: null }]
  })

/** The lock of a node's work: of the folder that its traces, or its items' traces, go to. */
export const lockName = ({ node, preimage, key }: NodePlan): string => {
  const folder = node.stage.kind === "itemwise" ? sharedKeyOf(preimage!, joinedPorts(node)) : key!
  return `${node.stage.name}-${folder.slice(0, 32)}`
}

const notHereCue = ({ wanted }: NotHere): Cue => ({
  cue: "not-here",
  path: wanted.what,
  before: null,
  after: null
})

/** Nothing differs, and yet no trace answers: it never ran, or its trace is gone. */
const absentCue = (node: GraphNode, key: string, previous: Trace | null): Cue =>
  previous === null
    ? { cue: "never-run", path: node.id, before: null, after: null }
    : { cue: "lost", path: `trace ${key.slice(0, 12)}`, before: key, after: null }

const failedCue = (trace: Trace, { item, error }: ItemFailure): Cue => ({
  cue: "failed",
  path: item,
  before: error,
  after: trace.run
})
