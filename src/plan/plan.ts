/**
 * The planner: what each node depends on, and whether its artifact exists.
 *
 * `run`, `run --dry-run`, `status` and `why` all call `planNode` node by node, with the inputs' artifacts
 * known, so they cannot disagree. It reads only manifests and traces, never data.
 */
import { setImmediate as nextTurn } from "node:timers/promises"
import type { GraphNode } from "../pipeline/graph.ts"
import { eachInTurn } from "../support/each-in-turn.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { expectedArtifact } from "./expected-artifact.ts"
import { sharedKeyOfItems } from "./items.ts"
import { type NodePlan, planOf } from "./node-plan.ts"
import type { ExpectedArtifact, KnownArtifact, Planning } from "./planning.ts"
import { planNode, withItemPlan } from "./plan-node.ts"

/** Nodes planned between two yields to the event loop, for signals above all. */
const turn = 512

/**
 * Plans all nodes without running any: nodes below one that would run are unknown. With `keepGoing`, a node
 * that cannot be planned counts as failed; without it, its problem fails the whole plan. The result is
 * synchronous if every `planNode` is.
 */
export function planAll(
  nodes: ReadonlyArray<GraphNode>,
  planning: Planning,
  { keepGoing = false, withItems = true, signal }: PlanAllOptions = {}
): ReadonlyArray<NodePlan> | Promise<ReadonlyArray<NodePlan>> {
  const known = new Map<string, KnownArtifact>()
  const expected = new Map<string, ExpectedArtifact>()
  // a run does not plan by what it expects: it waits for the artifact
  const listed = withItems ? listedNodes(nodes) : new Set<GraphNode>()
  const plans: Array<NodePlan> = []
  const add = (plan: NodePlan) => {
    const { node } = plan
    if (plan.known !== null) known.set(node.id, plan.known)
    else if (listed.has(node)) {
      const artifact = expectedArtifact(plan, known, expected, planning)
      if (artifact !== null) expected.set(node.id, artifact)
    }
    plans.push(plan)
  }
  const refuse = (node: GraphNode, error: unknown) => {
    if (!isProblem(error) || !failsAlone(error, keepGoing)) throw error
    add(refusedPlan(node, error))
  }
  const plan = (node: GraphNode): void | Promise<void> => {
    signal?.throwIfAborted()
    try {
      const planned = planNode(node, known, planning, signal, expected)
      if (!(planned instanceof Promise) && (!withItems || planned.state === "fresh")) return add(planned)
      const whole = withItems
        ? Promise.resolve(planned).then((one) => withItemPlan(one, known, planning))
        : Promise.resolve(planned)
      return whole.then(add).catch((error: unknown) => refuse(node, error))
    } catch (error) {
      refuse(node, error)
    }
  }
  planning.store.freshIndex.begin()
  const planned = eachInTurn(nodes, (node, i) =>
    i % turn === turn - 1 ? nextTurn().then(() => plan(node)) : plan(node)
  )
  return planned === undefined ? plans : planned.then(() => plans)
}
/** The nodes of which others read the names of members. */
const listedNodes = (nodes: ReadonlyArray<GraphNode>): ReadonlySet<GraphNode> =>
  new Set(
    nodes.flatMap(({ ports }) =>
      Object.values(ports).flatMap(({ mode, from }) => (mode === "memberNames" ? from : []))
    )
  )

export interface PlanAllOptions {
  readonly keepGoing?: boolean
  /** false: do not compute which items are left */
  readonly withItems?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Whether a planning problem, such as an unreachable hub, fails only its own node, so that others go on. */
export const failsAlone = ({ _tag }: Problem, keepGoing: boolean): boolean =>
  keepGoing && (_tag === "ParameterInvalid" || _tag === "FetchFailed" || _tag === "InputChanged")

/** The lock of a node's work: that of the folder for its traces, or its items' traces. */
export const lockName = ({ node, preimage, key }: NodePlan): string => {
  const folder = node.stage.kind === "itemwise" ? sharedKeyOfItems(node, preimage!) : key!
  return `${node.stage.name}-${folder.slice(0, 32)}`
}
const refusedPlan = (node: GraphNode, refusal: Problem): NodePlan =>
  planOf(node, {
    state: "failed",
    failure: { node: node.id, error: refusal.message },
    refusal,
    cues: [{ cue: "refused", path: node.id, before: refusal.message, after: null }]
  })
