/**
 * Acceptance: reuses a node's existing outputs under its new key, because a user vouches for them.
 *
 * Use case: a patch release of an image library changes keys, but should not force a night of recomputation.
 * The traces written here are marked, and commands show the mark. For an itemwise stage every item is accepted
 * too, so adding a scene later computes only that scene.
 */
import type { GraphNode } from "../pipeline/graph.ts"
import { Problem } from "../support/problem.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { ItemTrace } from "../store/records/item-trace.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { Store } from "../store/store.ts"
import type { Trace } from "../store/records/trace.ts"
import { type Cue, differences } from "./cue.ts"
import type { ItemPlan } from "./items.ts"
import { knownOf, type NodePlan } from "./node-plan.ts"
import type { KnownArtifact, Planning } from "./planning.ts"
import { changedReads } from "./world.ts"
import { planWithItems } from "./plan-node.ts"

export interface Acceptance {
  readonly node: GraphNode
  readonly trace: Trace
  readonly items: ReadonlyArray<ItemTrace>
  /** what has changed since the outputs were computed */
  readonly cues: ReadonlyArray<Cue>
}
export interface Acceptances {
  readonly accepted: ReadonlyArray<Acceptance>
  /** nodes that needed no acceptance */
  readonly fresh: ReadonlyArray<GraphNode>
}

/**
 * Plans what to write to accept some nodes. `nodes` has them and all their dependencies, inputs first; `at`
 * is ISO 8601.
 *
 * @throws Problem Usage or ArtifactNotFound, and accepts none, if a node has no outputs that could be valid:
 *   it was never computed, an input is not fresh, or its items, its schema or what it read have changed
 */
export async function planAcceptances(
  nodes: ReadonlyArray<GraphNode>,
  wanted: ReadonlySet<string>,
  planning: Planning,
  at: string,
  signal?: AbortSignal
): Promise<Acceptances> {
  const known = new Map<string, KnownArtifact>()
  const accepted: Array<Acceptance> = []
  const fresh: Array<GraphNode> = []
  for (const node of nodes) {
    const plan = await planWithItems(node, known, planning, signal)
    if (plan.known !== null) known.set(node.id, plan.known)
    if (!wanted.has(node.id)) continue
    if (plan.known !== null) fresh.push(node)
    else {
      const acceptance = await accept(plan, known, planning, at)
      accepted.push(acceptance.acceptance)
      known.set(node.id, acceptance.known)
    }
  }
  return { accepted, fresh }
}

/** Writes items first, so that a node is accepted only after its parts. */
export function writeAcceptances(store: Store, { accepted }: Acceptances): void {
  for (const { trace, items } of accepted) {
    for (const one of items) store.putItemTrace(one)
    store.putTrace(trace)
  }
}

async function accept(
  plan: NodePlan,
  artifacts: ReadonlyMap<string, KnownArtifact>,
  planning: Planning,
  at: string
): Promise<{ readonly acceptance: Acceptance; readonly known: KnownArtifact }> {
  const { node, preimage, key } = plan
  if (preimage === null || key === null) throw notFresh(plan)
  if (plan.state === "failed")
    throw refusal(node, "it failed with its current code and parameters", "run it with --retry-failed")
  const previous = planning.previous(node)
  if (previous === null || previous.artifact === null)
    throw nothing(node, previous === null ? "was never computed" : "failed when it was computed")
  const manifest = planning.store.manifest(previous.artifact)
  if (manifest === null) throw nothing(node, "was computed, and its artifact is gone from the store")
  const cues = differences(previous.preimage, preimage)
  checkSame(node, previous, plan, cues, planning)
  const known = knownOf(
    manifest,
    previous,
    node.inputs.map(({ id }) => artifacts.get(id)!)
  )
  const { partial, incomplete } = known
  const mark = { key: previous.key, run: previous.run, at }
  // run, time and host remain those of the computation
  const trace: Trace = { ...previous, key, preimage, partial, incomplete, accepted: mark }
  const items = plan.items === null ? [] : await itemTraces(plan, plan.items, manifest, trace, planning)
  return { acceptance: { node, trace, items, cues }, known }
}

/** Outputs with other items, another schema or other files cannot be valid, even if a user says so. */
function checkSame(
  node: GraphNode,
  previous: Trace,
  plan: NodePlan,
  cues: ReadonlyArray<Cue>,
  { outside }: Planning
): void {
  if (digestJson(previous.preimage.output) !== digestJson(plan.preimage!.output))
    throw refusal(
      node,
      "it has a different schema now",
      "its outputs lack columns or have extra ones: run it"
    )
  const other = cues.find(({ cue }) => cue === "items")
  if (other !== undefined)
    throw refusal(
      node,
      `its items have changed: ${other.path}`,
      "run the node: only outputs for the same items can be accepted"
    )
  const names = cues.find(({ cue }) => cue === "names")
  if (names !== undefined && node.itemRoot === node)
    throw refusal(
      node,
      `the names in ${names.path} changed, and its items are made from them`,
      "run the node: it is quick"
    )
  const read = changedReads(previous.reads, outside)[0]
  if (read !== undefined)
    throw refusal(
      node,
      `it read ${read.path}, which has changed`,
      "run it: if its values are the same, nothing below it runs"
    )
}

/** One trace per shard: keys of the items that the artifact uses, and "" for the others. */
async function itemTraces(
  { node }: NodePlan,
  plan: ItemPlan,
  manifest: Manifest,
  { run, accepted }: Trace,
  { store }: Planning
): Promise<ReadonlyArray<ItemTrace>> {
  const { readItemIndex } = await import("../store/items/item-index.ts")
  const index = readItemIndex(store, manifest)
  const ids = [...plan.ids]
  const keyOf = new Map(ids.map((id, i) => [id, plan.keys.at(i)]))
  const failed = new Map(manifest.failed.map((failure) => [failure.item, failure]))
  const expected = ids.filter((id) => !failed.has(id))
  if (expected.length !== index.ids.length || expected.some((id, i) => id !== index.ids[i]))
    throw refusal(
      node,
      "its items have changed",
      "run the node: only outputs for the same items can be accepted"
    )
  const keys = manifest.shards.map(({ items }) => Array.from({ length: items }, () => ""))
  index.ids.forEach((id, i) => (keys[index.shard[i]!]![index.itemIndex[i]!] = keyOf.get(id)!))
  const common = {
    format: 1,
    stage: node.stage.name,
    shared: plan.shared,
    run,
    at: accepted!.at,
    accepted: accepted!
  } as const
  const ofShards = manifest.shards.map((shard, s): ItemTrace => ({
    ...common,
    shard,
    keys: keys[s]!,
    failed: []
  }))
  const failures = [...failed.values()].flatMap((failure) => {
    const key = keyOf.get(failure.item)
    return key === undefined ? [] : [{ ...failure, key }]
  })
  return failures.length === 0
    ? ofShards
    : [...ofShards, { ...common, shard: null, keys: [], failed: failures }]
}

const notFresh = ({ node, cues }: NodePlan) => {
  const waits = cues.flatMap(({ cue, path }) => (cue === "upstream" ? path : []))
  return refusal(
    node,
    `it reads ${waits.join(", ")}, which ${waits.length === 1 ? "is" : "are"} not fresh`,
    `run or accept ${waits.length === 1 ? "it" : "them"} first: you can name several nodes at once`
  )
}
const refusal = ({ id }: GraphNode, why: string, hint: string) =>
  new Problem("Usage", `"${id}" cannot be accepted: ${why}`, { field: id, hint })
const nothing = ({ id }: GraphNode, why: string) =>
  new Problem("ArtifactNotFound", `"${id}" cannot be accepted: it ${why}`, {
    field: id,
    hint: "run it: there are no outputs to keep"
  })
