/** Finds the input items of a node that have changed since it was last computed, and in which columns. */
import { own } from "../support/own.ts"
import type { ItemIndex } from "../store/items/item-index.ts"
import { type Manifest, valueColumns, type ItemId } from "../store/records/manifest.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { runSoFar } from "../store/runs/run-so-far.ts"
import type { Store } from "../store/store.ts"
import type { NodePlan } from "./node-plan.ts"
import type { Planning } from "./planning.ts"

export interface ItemChanges {
  /** for a port with several nodes, with the index: `parts[1]` */
  readonly port: string
  /** the input node */
  readonly node: string
  readonly added: ReadonlyArray<ItemId>
  readonly removed: ReadonlyArray<ItemId>
  readonly changed: ReadonlyArray<{ readonly item: ItemId; readonly columns: ReadonlyArray<string> }>
}

/**
 * By node id: the changed items of each stale node's inputs, for whole and itemwise stages. Leaves out an
 * input without changes, a table, which has no items, and an input with a lost earlier artifact.
 *
 * Looks only at nodes with a cue that an input has changed. Reads sidecars but no data; whatever several
 * nodes share is read and compared once.
 */
export async function itemChanges(
  plans: ReadonlyArray<NodePlan>,
  { previous, store }: Pick<Planning, "previous" | "store">,
  /** the nodes to examine; the artifacts of all plans are used */
  of: ReadonlyArray<NodePlan> = plans
): Promise<ReadonlyMap<string, ReadonlyArray<ItemChanges>>> {
  const known = new Map(plans.map((plan) => [plan.node.id, plan.known?.manifest ?? null]))
  const comparisons = new Comparisons(store)
  const all = new Map<string, ReadonlyArray<ItemChanges>>()
  /** what the nodes of each run made: many nodes may have been computed in one run */
  const runs = new Map<string, ReadonlyMap<string, string | null>>()
  for (const { node, cues } of of) {
    if (!cues.some(({ cue }) => cue === "input" || cue === "items")) continue
    const trace = previous(node)
    if (trace === null) continue
    const before = runs.get(trace.run) ?? artifactsOf(store.run(trace.run), store)
    runs.set(trace.run, before)
    const changes: Array<ItemChanges> = []
    for (const [name, { from, mode, reads }] of Object.entries(node.ports)) {
      // member names belong to no item
      if (mode === "memberNames") continue
      for (const [i, { id }] of from.entries()) {
        const now = known.get(id) ?? null
        const digest = before.get(id) ?? null
        if (now === null || digest === null || digest === now.digest) continue
        const old = store.manifest(digest)
        if (old === null || old.form === "table" || now.form === "table") continue
        const port = from.length > 1 ? `${name}[${i}]` : name
        const columns = Object.keys(reads).flatMap((column) => valueColumns(now, column))
        const difference = await comparisons.between(old, now, columns)
        // the items of a member port are those of its whole port
        const alone = mode === "member" ? { added: [], removed: [] } : {}
        changes.push({ port, node: id, ...difference, ...alone })
      }
    }
    const real = changes.filter(
      ({ added, removed, changed }) => added.length + removed.length + changed.length > 0
    )
    if (real.length > 0) all.set(node.id, real)
  }
  return all
}

/** The artifacts of a run's nodes; for a killed or unfinished run, of the nodes that it finished. */
const artifactsOf = (run: RunRecord | null, store: Store): ReadonlyMap<string, string | null> =>
  new Map(run === null ? [] : runSoFar(run, store).nodes.map(({ id, artifact }) => [id, artifact]))

/** The changed items between two artifacts. */
export type ChangedItems = Omit<ItemChanges, "port" | "node">

/** Caches comparisons, since hundreds of probes may read the same activations. */
class Comparisons {
  readonly #store: Store
  readonly #indices = new Map<string, ItemIndex>()
  readonly #made = new Map<string, ChangedItems>()
  constructor(store: Store) {
    this.#store = store
  }

  async between(before: Manifest, now: Manifest, columns: ReadonlyArray<string>): Promise<ChangedItems> {
    const key = JSON.stringify([before.digest, now.digest, columns])
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = changedItems(await this.#index(before), await this.#index(now), columns)
    this.#made.set(key, made)
    return made
  }
  async #index(manifest: Manifest): Promise<ItemIndex> {
    const known = this.#indices.get(manifest.digest)
    if (known !== undefined) return known
    const { readItemIndex } = await import("../store/items/item-index.ts")
    const index = readItemIndex(this.#store, manifest)
    this.#indices.set(manifest.digest, index)
    return index
  }
}

/** @param columns a tensor family by its members, `family/member` */
export function changedItems(
  before: ItemIndex,
  now: ItemIndex,
  columns: ReadonlyArray<string>
): ChangedItems {
  const old = new Map(before.ids.map((id, i) => [id, i]))
  const fresh = new Set(now.ids)
  const changed = now.ids.flatMap((item, i) => {
    const at = old.get(item)
    if (at === undefined) return []
    const others = columns.filter(
      (column) => !sameDigest(digestOf(before, at, column), digestOf(now, i, column))
    )
    return others.length === 0 ? [] : [{ item, columns: others }]
  })
  return {
    added: now.ids.filter((id) => !old.has(id)),
    removed: before.ids.filter((id) => !fresh.has(id)),
    changed
  }
}

const bytes = 16
const digestOf = (
  { sidecars, shard, itemIndex }: ItemIndex,
  i: number,
  column: string
): Uint8Array | undefined =>
  own(sidecars[shard[i]!]!.digests, column)?.subarray(itemIndex[i]! * bytes, (itemIndex[i]! + 1) * bytes)
const sameDigest = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
