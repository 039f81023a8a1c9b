/**
 * The inputs that differ between two sides, each once, with the nodes that they reach.
 *
 * A node's own inputs are its code, parameters, environment and what a source reads. What it gets from another node
 * that differs follows from that node's inputs, and is counted there.
 */
import { differences, type Cue } from "../plan/cue.ts"
import { foundBy } from "../plan/changed-reads.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { InputPreimage, Preimage } from "../store/records/preimage.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import type { Trace } from "../store/records/trace.ts"
import { counted } from "../support/numbers.ts"
import type { ChangedParam } from "./changed-params.ts"
import { type Causes, type DiffInput, InputList } from "./input-list.ts"
import type { ItemsThatDiffer } from "./source-items.ts"
import { inputPairs, isOther, type Pair, type Traced } from "./pairs.ts"

export interface InputsOf {
  readonly inputs: ReadonlyArray<DiffInput>
  /** ids of pairs with an input of their own that differs */
  readonly direct: ReadonlySet<string>
}

/**
 * @param items of sources, by pair
 * @param all inputs first; pairs with equal keys and artifacts need no traces
 * @param params of the two runs that differ
 */
export function inputsThatDiffer(
  all: ReadonlyArray<Traced>,
  params: ReadonlyArray<ChangedParam>,
  items: ReadonlyMap<string, ItemsThatDiffer>
): InputsOf {
  const list = new InputList(params)
  const byNodes = new Map(all.map(({ pair }) => [nodesKey(pair.a.id, pair.b.id), pair]))
  const causes = new Map<string, Causes>()
  const direct = new Set<string>()
  for (const one of all) {
    const { pair } = one
    const ownCauses = new Set<number>()
    const inherited = new Set<number>()
    const add = (cue: Cue) => ownCauses.add(list.add(cue, pair))
    if (pair.a.key !== pair.b.key) {
      if (one.a === null || one.b === null) {
        if (isOther(pair)) ownCauses.add(list.addUnknown(pair, one.a === null ? "a" : "b"))
      } else {
        const upstream = (old: InputPreimage, now: InputPreimage) => {
          const above = byNodes.get(nodesKey(old.node, now.node))
          return above !== undefined && isOther(above) ? above : null
        }
        for (const { old, now } of inputPairs(one.a, one.b)) {
          const above = upstream(old, now)
          if (above === null || sameInput(old, now)) continue
          for (const cause of causes.get(above.id) ?? []) inherited.add(cause)
        }
        for (const cue of ownDifferences(
          one.a.preimage,
          one.b.preimage,
          (old, now) => upstream(old, now) !== null
        ))
          add(cue)
        for (const cue of readDifferences(one.a, one.b)) add(cue)
      }
    } else if (isOther(pair)) {
      const reads = one.a === null || one.b === null ? [] : readDifferences(one.a, one.b)
      for (const cue of reads) add(cue)
      if (reads.length === 0) ownCauses.add(list.addSameInputs(pair, failuresOf(pair)))
    }
    if (isOther(pair) && one.a !== null && one.b !== null) list.addHosts(pair, one.a.host, one.b.host)
    const its = items.get(pair.id)
    if (its !== undefined) list.addItems(pair, its)
    if (ownCauses.size > 0) direct.add(pair.id)
    for (const cause of inherited) if (isOther(pair) && !ownCauses.has(cause)) list.follows(cause, pair)
    causes.set(pair.id, new Set([...ownCauses, ...inherited]))
  }
  return { inputs: list.inputs(all.some(({ pair }) => isOther(pair))), direct }
}

/** Ids have no line breaks. */
const nodesKey = (a: string, b: string) => `${a}\n${b}`
const sameInput = (old: InputPreimage, now: InputPreimage) => digestJson(read(old)) === digestJson(read(now))
const read = ({ ids, columns, failed }: InputPreimage) => ({ ids, columns, failed })

/** The cues of two preimages without those of inputs whose nodes explain them. */
function ownDifferences(
  before: Preimage,
  after: Preimage,
  isExplained: (old: InputPreimage, now: InputPreimage) => boolean
): ReadonlyArray<Cue> {
  // the inputs of two stages have nothing to do with each other
  if (before.stage !== after.stage)
    return [{ cue: "code", path: "stage", before: before.stage, after: after.stage }]
  const cues: Array<Cue> = []
  const inputs = Object.fromEntries(
    Object.entries(after.inputs).map(([port, fed]) => {
      const old = before.inputs[port] ?? []
      if (old.length !== fed.length) return [port, fed]
      return [
        port,
        fed.map((now, i) => {
          const was = old[i]!
          if (isExplained(was, now)) return was
          if (was.node === now.node || sameInput(was, now)) return now
          // another node in its place: its columns need not be listed one by one
          cues.push({ cue: "input", path: port, before: [was.node], after: [now.node] })
          return was
        })
      ]
    })
  )
  return [...differences(before, { ...after, inputs }), ...cues]
}

/** Of a source: the files and folders that it found changed. */
function readDifferences(a: Trace, b: Trace): ReadonlyArray<Cue> {
  const found = ({ reads }: Trace) => new Map(reads.map((one) => [`${one.look}:${one.path}`, one]))
  const [before, after] = [found(a), found(b)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): ReadonlyArray<Cue> => {
    const [old, now] = [before.get(name), after.get(name)]
    const [was, is] = [old, now].map((one) => (one === undefined ? null : foundBy(one)))
    return was === is ? [] : [{ cue: "read", path: (now ?? old)!.path, before: was, after: is }]
  })
}

/** Items that failed on one side alone, in words; a later run may have computed them under the same key. */
function failuresOf({ a, b }: Pair): ReadonlyArray<string> {
  const ids = ({ failures }: NodeRecord) => new Set(failures.map(({ item }) => item))
  const only = (some: ReadonlySet<string>, others: ReadonlySet<string>, side: string) => {
    const n = [...some].filter((id) => !others.has(id)).length
    return n === 0 ? [] : [`${counted(n, "item")} failed in ${side} alone`]
  }
  return [...only(ids(a), ids(b), "a"), ...only(ids(b), ids(a), "b")]
}
