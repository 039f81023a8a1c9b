/** Pairs the nodes of two sides: by id in two runs; from a pair of nodes, up along their ports. */
import { own } from "../support/own.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { InputPreimage } from "../store/records/preimage.ts"
import type { Trace } from "../store/records/trace.ts"
import type { Store } from "../store/store.ts"

export interface Pair {
  /** the node's id, or both: `probes/vit → probes/clip` */
  readonly id: string
  readonly a: NodeRecord
  readonly b: NodeRecord
}
export interface Paired {
  /** inputs first */
  readonly pairs: ReadonlyArray<Pair>
  /** ids of nodes that only one side has */
  readonly onlyA: ReadonlyArray<string>
  readonly onlyB: ReadonlyArray<string>
}

export function pairById(a: RunRecord, b: RunRecord): Paired {
  const before = new Map(a.nodes.map((node) => [node.id, node]))
  const after = new Set(b.nodes.map(({ id }) => id))
  return {
    pairs: b.nodes.flatMap((node) => {
      const old = before.get(node.id)
      return old === undefined ? [] : [{ id: node.id, a: old, b: node }]
    }),
    onlyA: a.nodes.flatMap(({ id }) => (after.has(id) ? [] : [id])),
    onlyB: b.nodes.flatMap(({ id }) => (before.has(id) ? [] : [id]))
  }
}

export const pairOfNodes = (a: NodeRecord, b: NodeRecord): Pair => ({
  id: a.id === b.id ? a.id : `${a.id} → ${b.id}`,
  a,
  b
})

/** Whether both sides made it, with other values. */
export const isOther = ({ a, b }: Pair): boolean =>
  a.artifact !== b.artifact && a.artifact !== null && b.artifact !== null

/** What a store knows of how a pair was made. */
export interface Traced {
  readonly pair: Pair
  /** null if its trace is gone, or none was kept */
  readonly a: Trace | null
  readonly b: Trace | null
}

/** Whether anything but the values must be looked at: other keys, or other values under one key. */
export const isTouched = ({ a, b }: Pair): boolean => a.key !== b.key || a.artifact !== b.artifact

export const traced = (pair: Pair, stores: { readonly a: Store; readonly b: Store }): Traced => ({
  pair,
  a: traceOf(stores.a, pair.a),
  b: traceOf(stores.b, pair.b)
})

/** One key may have several traces of a source, and a later execution replaces that of other stages. */
function traceOf(store: Store, { stage, key, artifact }: NodeRecord): Trace | null {
  if (key === null) return null
  return store.traces(stage, key).find((trace) => trace.artifact === artifact) ?? null
}

/** The inputs at each port of both sides, by position; a port with another number of inputs: those of one id. */
export function* inputPairs(a: Trace, b: Trace): Generator<InputPair> {
  for (const [port, after] of Object.entries(b.preimage.inputs)) {
    const before = own(a.preimage.inputs, port) ?? []
    for (const [i, now] of after.entries()) {
      const old = before.length === after.length ? before[i] : before.find(({ node }) => node === now.node)
      if (old !== undefined) yield { port, old, now }
    }
  }
}
export interface InputPair {
  readonly port: string
  readonly old: InputPreimage
  readonly now: InputPreimage
}

/** A pair of nodes and the pairs that feed them, inputs first, with their traces. */
export function pairsAbove(
  target: Pair,
  runs: { readonly a: RunRecord; readonly b: RunRecord },
  stores: { readonly a: Store; readonly b: Store }
): ReadonlyArray<Traced> {
  const nodesOf = (run: RunRecord) => new Map(run.nodes.map((node, i) => [node.id, { node, i }]))
  const [before, after] = [nodesOf(runs.a), nodesOf(runs.b)]
  const found = new Map<string, Traced>()
  const open = [target]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    if (found.has(pair.id)) continue
    const one = isTouched(pair) ? traced(pair, stores) : { pair, a: null, b: null }
    found.set(pair.id, one)
    if (one.a === null || one.b === null) continue
    for (const { old, now } of inputPairs(one.a, one.b)) {
      const [a, b] = [before.get(old.node), after.get(now.node)]
      if (a !== undefined && b !== undefined) open.push(pairOfNodes(a.node, b.node))
    }
  }
  const order = ({ pair }: Traced) => after.get(pair.b.id)?.i ?? Infinity
  return [...found.values()].toSorted((a, b) => order(a) - order(b))
}
