/**
 * The planner: what each node depends on, and whether its artifact is there.
 *
 * `run`, `run --dry-run`, `status` and `why` all ask `planNode`, a node at a time with its inputs' artifacts in
 * hand, so they cannot disagree. It reads manifests and traces alone, never data.
 */
import * as Effect from "effect/Effect"
import type { GraphNode, GraphPort } from "../pipeline/graph.ts"
import type { FailedItem } from "../store/manifest.ts"
import { type InputPreimage, keyOf, type Preimage, sharedKeyOf } from "../store/preimage.ts"
import type { Trace } from "../store/trace.ts"
import { type Cue, differences } from "./cue.ts"
import { paramsPreimage } from "./identity.ts"
import { type ItemPlan, joinedPorts, planItems } from "./items.ts"
import type { Known, Planning } from "./planning.ts"
import { changedReads } from "./world.ts"

export type { Known, Planning } from "./planning.ts"

export type State = "fresh" | "stale" | "missing" | "failed" | "unknown"
export interface NodePlan {
  readonly node: GraphNode
  readonly state: State
  /** null while an input's artifact is not known */
  readonly preimage: Preimage | null
  readonly key: string | null
  /** the trace that answers the key */
  readonly trace: Trace | null
  /** the artifact, where the state is fresh, or failed for some items */
  readonly known: Known | null
  readonly cues: ReadonlyArray<Cue>
  /** of a stale itemwise node: which items are done already, and which are left */
  readonly items: ItemPlan | null
  /** items that are known to have failed, or the whole stage's error under its node id */
  readonly failures: ReadonlyArray<FailedItem>
}

/** Plans one node. `artifacts` has those of the nodes that it reads; one that is missing there is not known yet. */
export const planNode = Effect.fn("plan.node")(function* (
  node: GraphNode,
  artifacts: ReadonlyMap<string, Known>,
  planning: Planning,
  /** looks up the items of a node that is not fresh: only who holds its lock can rely on what that gives */
  withItems = true
) {
  const waiting = inputNodes(node).filter((input) => !artifacts.has(input.id))
  if (waiting.length > 0)
    return plan(node, {
      state: "unknown",
      cues: waiting.map(({ id }) => ({ cue: "upstream", path: id, before: null, after: null }))
    })
  const inputs = new Map(inputNodes(node).map(({ id }) => [id, artifacts.get(id)!]))
  const preimage = yield* preimageOf(node, inputs, planning)
  const key = keyOf(preimage)
  const items = () =>
    withItems && node.stage.kind === "itemwise"
      ? planItems(node, preimage, inputs, planning)
      : Effect.succeed(null)
  if (planning.force.has(node.id)) {
    const cue: Cue = { cue: "forced", path: node.id, before: null, after: null }
    return plan(node, { state: "stale", preimage, key, items: yield* items(), cues: [cue] })
  }

  const traces = yield* planning.store.traces(node.stage.name, key)
  const changes: Array<Cue> = []
  for (const trace of traces) {
    const reads = changedReads(trace.reads, planning.outside)
    if (reads.length > 0) {
      if (changes.length === 0) changes.push(...reads)
      continue
    }
    const since = { cue: "fresh", path: trace.run, before: trace.at, after: null } as const
    if (trace.artifact === null) {
      if (planning.retryFailed) break
      const failures = [{ item: node.id, error: trace.error ?? "unknown" }]
      return plan(node, {
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
    if (manifest.failed.length > 0 && planning.retryFailed) break
    const known: Known = {
      manifest,
      partial: partialOf(trace.partial, inputs),
      incomplete: manifest.failed.length > 0 || [...inputs.values()].some((input) => input.incomplete)
    }
    const state = manifest.failed.length > 0 ? "failed" : "fresh"
    const cues = [
      since,
      ...acceptedCues(trace),
      ...manifest.failed.slice(0, 20).map((failure) => failedCue(trace, failure))
    ]
    return plan(node, { state, preimage, key, trace, known, failures: manifest.failed, cues })
  }
  const previous = yield* planning.previous(node)
  const state = previous === null ? "missing" : "stale"
  const cues = [...(previous === null ? [] : differences(previous.preimage, preimage)), ...changes]
  const reasons = cues.length > 0 ? cues : [absentCue(node, key, previous)]
  return plan(node, { state, preimage, key, items: yield* items(), cues: reasons })
})

/** Plans all nodes without running any: below one that would run, nodes are unknown. */
export const planAll = Effect.fn("plan.all")(function* (nodes: ReadonlyArray<GraphNode>, planning: Planning) {
  const known = new Map<string, Known>()
  const plans: Array<NodePlan> = []
  for (const node of nodes) {
    const planned = yield* planNode(node, known, planning)
    if (planned.known !== null) known.set(node.id, planned.known)
    plans.push(planned)
  }
  return plans
})

/** The lock of a node's work: of the folder that its traces, or its items' traces, go to. */
export const lockName = ({ node, preimage, key }: NodePlan): string => {
  const folder = node.stage.kind === "itemwise" ? sharedKeyOf(preimage!, joinedPorts(node)) : key!
  return `${node.stage.name}-${folder.slice(0, 32)}`
}

export const inputNodes = (node: GraphNode): ReadonlyArray<GraphNode> => [
  ...new Set(Object.values(node.ports).flatMap((port) => port.from))
]

/** An artifact made from a part is a part. */
export const partialOf = (own: ReadonlyArray<string>, inputs: ReadonlyMap<string, Known>) => [
  ...new Set([...own, ...[...inputs.values()].flatMap((input) => input.partial)])
]

/** Nothing differs, and yet no trace answers: it never ran, or its trace is gone. */
const absentCue = (node: GraphNode, key: string, previous: Trace | null): Cue =>
  previous === null
    ? { cue: "never-run", path: node.id, before: null, after: null }
    : { cue: "lost", path: `trace ${key.slice(0, 12)}`, before: key, after: null }

const acceptedCues = ({ accepted }: Trace): ReadonlyArray<Cue> =>
  accepted === undefined
    ? []
    : [{ cue: "accepted", path: accepted.run, before: accepted.key, after: accepted.at }]

const failedCue = (trace: Trace, { item, error }: FailedItem): Cue => ({
  cue: "failed",
  path: item,
  before: error,
  after: trace.run
})

type Filled = Pick<NodePlan, "state" | "cues"> & Partial<NodePlan>
const plan = (node: GraphNode, filled: Filled): NodePlan => ({
  node,
  preimage: null,
  key: null,
  trace: null,
  known: null,
  items: null,
  failures: [],
  ...filled
})

const preimageOf = (node: GraphNode, inputs: ReadonlyMap<string, Known>, planning: Planning) =>
  Effect.gen(function* () {
    const { digest, modules, packages } = planning.codeOf(node.stage)
    const { params, environment } = yield* paramsPreimage(node, digest, planning.outside, planning.identities)
    const preimage: Preimage = {
      format: 1,
      stage: node.stage.name,
      code: { digest, modules, packages },
      params,
      environment,
      output: { form: node.form, columns: node.columns, label: labelOf(node) },
      inputs: Object.fromEntries(
        Object.entries(node.ports).map(([name, port]) => [name, inputPreimages(port, inputs)])
      )
    }
    return preimage
  })

/** The name of the id column: what the source calls its items. */
export const labelOf = (node: GraphNode): string | null =>
  node.form === "table" ? null : (node.sample?.stage.spec.item ?? null)

function inputPreimages(port: GraphPort, inputs: ReadonlyMap<string, Known>): ReadonlyArray<InputPreimage> {
  return port.from.map((input) => {
    const { manifest } = inputs.get(input.id)!
    const columns: Record<string, string> = {}
    for (const name of Object.keys(port.reads)) {
      const family = manifest.families[name]
      if (family === undefined) columns[name] = manifest.digests[name]!
      else
        for (const member of family.members)
          columns[`${name}/${member}`] = manifest.digests[`${name}/${member}`]!
    }
    return { node: input.id, ids: manifest.ids, columns, failed: manifest.failed.map(({ item }) => item) }
  })
}
