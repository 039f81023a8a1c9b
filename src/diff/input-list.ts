/** Collects the inputs that differ: one entry for each, however many nodes have it. */
import { type Cue, type CueKind, sentence } from "../plan/cue.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Host } from "../store/records/trace.ts"
import type { ChangedParam } from "./changed-params.ts"
import { isOther, type Pair } from "./pairs.ts"
import { type ItemsThatDiffer, itemsSentence } from "./source-items.ts"

export type DiffCue =
  | CueKind
  /** a parameter of the pipeline */
  | "pipeline"
  /** other values under the same key */
  | "same-inputs"
  /** the CPU or the version of Node: no input, but it may explain a difference */
  | "host"
  /** what changed is not known, because a trace is gone */
  | "unknown"

/** Plain JSON. */
export interface DiffInput {
  readonly cue: DiffCue
  /** as in `why`: `params.seed`, a module's path, a file … */
  readonly path: string
  readonly before: unknown
  readonly after: unknown
  /** in words */
  readonly sentence: string
  /** the pairs of nodes that have this input */
  readonly nodes: ReadonlyArray<string>
  /** of a pipeline's parameter: the parameters of nodes that changed with it, such as `source.count of scenes` */
  readonly as: ReadonlyArray<string>
  /** how many other nodes differ that get something from these */
  readonly follows: number
  /** whether any of its nodes made other values; null if no node has it as a value */
  readonly effect: boolean | null
  /** of a source's items ("items") */
  readonly items: ItemsThatDiffer | null
}

/** Positions in the list. */
export type Causes = ReadonlySet<number>

interface Entry extends Omit<DiffInput, "nodes" | "as" | "follows" | "effect"> {
  readonly pairs: Map<string, Pair>
  readonly as: Set<string>
  readonly followers: Set<string>
}

/** The order in which they are told. */
const order: ReadonlyArray<DiffCue> = [
  "pipeline",
  "parameter",
  "read",
  "items",
  "code",
  "package",
  "environment",
  "schema"
]
const rank = (cue: DiffCue) => (order.includes(cue) ? order.indexOf(cue) : cue === "host" ? 99 : order.length)

export class InputList {
  readonly #entries: Array<Entry> = []
  readonly #known = new Map<string, number>()

  constructor(params: ReadonlyArray<ChangedParam>) {
    for (const { param, before, after } of params) {
      const cue: Cue = { cue: "parameter", path: param, before, after }
      this.#entry({ ...cue, cue: "pipeline", sentence: sentence(cue) })
    }
  }

  /** A node's own cue. One of a parameter that the pipeline's parameter sets belongs to that. */
  add(cue: Cue, pair: Pair): number {
    const from = cue.cue === "parameter" ? this.#pipelineParam(cue) : undefined
    if (from !== undefined) {
      this.#entries[from]!.as.add(`${cue.path.replace(/^params\./, "")} of ${pair.id}`)
      return this.#put(from, pair)
    }
    return this.#put(this.#entry({ ...cue, sentence: sentence(cue) }), pair)
  }

  addUnknown(pair: Pair, side: "a" | "b"): number {
    const told = `what changed in ${pair.id} is not known: ${side} has no trace of it`
    return this.#put(this.#entry(blank("unknown", pair.id, null, null, told)), pair)
  }

  addSameInputs(pair: Pair, failures: ReadonlyArray<string>): number {
    const why = failures.length === 0 ? "" : ` (${failures.join(", ")})`
    const told = `same inputs, different outputs: ${pair.id}${why}`
    return this.#put(this.#entry(blank("same-inputs", pair.id, pair.a.artifact, pair.b.artifact, told)), pair)
  }

  /** They follow from what else is told of their source. */
  addItems(pair: Pair, items: ItemsThatDiffer): void {
    const entry = blank("items", pair.id, null, null, `${pair.id}: ${itemsSentence(items)}`)
    this.#put(this.#entry({ ...entry, items }), pair)
  }

  addHosts(pair: Pair, a: Host, b: Host): void {
    for (const [path, before, after] of [
      ["CPU", a.cpu, b.cpu],
      ["Node", a.node, b.node]
    ] as const) {
      if (before === after) continue
      const told = `computed on another ${path === "CPU" ? path : "version of Node"}: ${before} → ${after}`
      this.#put(this.#entry(blank("host", path, before, after, told)), pair)
    }
  }

  /** Notes that a pair differs because of an input of a pair above it. */
  follows(cause: number, pair: Pair): void {
    this.#entries[cause]!.followers.add(pair.id)
  }

  /** @param anyOther whether any pair has other values */
  inputs(anyOther: boolean): ReadonlyArray<DiffInput> {
    return this.#entries
      .toSorted((x, y) => rank(x.cue) - rank(y.cue))
      .map(({ pairs, as, followers, ...rest }) => ({
        ...rest,
        nodes: [...pairs.keys()],
        as: [...as],
        follows: [...followers].filter((id) => !pairs.has(id)).length,
        effect: effectOf([...pairs.values()], anyOther)
      }))
  }

  /** The one that changed in the same way; of several, the one of the same name. */
  #pipelineParam({ path, before, after }: Cue): number | undefined {
    const change = digestJson([before ?? null, after ?? null])
    const alike = [...this.#entries.keys()].filter((at) => {
      const { cue, before: old, after: now } = this.#entries[at]!
      return cue === "pipeline" && digestJson([old ?? null, now ?? null]) === change
    })
    if (alike.length < 2) return alike[0]
    const name = path.replace(/^params\./, "")
    return alike.find((at) => this.#entries[at]!.path === name)
  }
  #put(at: number, pair: Pair): number {
    this.#entries[at]!.pairs.set(pair.id, pair)
    return at
  }
  #entry(
    entry: Pick<Entry, "cue" | "path" | "before" | "after" | "sentence"> & Partial<Pick<Entry, "items">>
  ): number {
    const key = digestJson([entry.cue, entry.path, entry.before ?? null, entry.after ?? null])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, this.#entries.length)
    const { cue, path, before, after, sentence: told } = entry
    this.#entries.push({
      cue,
      path,
      before,
      after,
      sentence: told,
      items: entry.items ?? null,
      pairs: new Map(),
      as: new Set(),
      followers: new Set()
    })
    return this.#entries.length - 1
  }
}

/** Whether any of the pairs has other values; null if that is not known. */
function effectOf(pairs: ReadonlyArray<Pair>, anyOther: boolean): boolean | null {
  if (pairs.some(isOther)) return true
  const isUnknown =
    pairs.length === 0 ? anyOther : pairs.some(({ a, b }) => a.artifact === null || b.artifact === null)
  return isUnknown ? null : false
}

const blank = (cue: DiffCue, path: string, before: unknown, after: unknown, told: string) => ({
  cue,
  path,
  before,
  after,
  sentence: told
})
