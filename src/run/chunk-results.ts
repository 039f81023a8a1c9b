/**
 * The results of a node's chunks so far: shards, and the position of each item in them, in typed arrays. A
 * map of items took several times that memory.
 */
import { DoneItems } from "../plan/done-items.ts"
import type { ItemPlan } from "../plan/items.ts"
import type { ItemFailure, Shard } from "../store/records/manifest.ts"
import { SegmentList } from "../store/items/segments.ts"
import type { Pieces } from "./assemble.ts"
import type { FailedNow, TaskResult } from "./task.ts"

export interface ItemPieces extends Pieces {
  /** some item failed for an external cause */
  readonly outside: boolean
}

export class ChunkResults {
  readonly #items: ItemPlan
  readonly #computed: DoneItems
  readonly #failed = new Map<number, FailedNow>()
  constructor(items: ItemPlan) {
    this.#items = items
    this.#computed = new DoneItems(items.ids.length)
  }

  /** Adds a chunk's result: `indexOf` has the indices of its items. */
  add(indexOf: ReadonlyMap<string, number>, { shards, failed }: Pick<TaskResult, "shards" | "failed">): void {
    for (const { shard, ids } of shards) {
      this.#computed.from(shard, undefined)
      ids.forEach((id, item) => this.#computed.add(indexOf.get(id)!, item))
    }
    for (const failure of failed) this.#failed.set(indexOf.get(failure.item)!, failure)
  }

  /**
   * Old and new shards, in the order in which the artifact first needs them, and the positions of its items
   * in them.
   */
  pieces(): ItemPieces {
    const shards: Array<Shard> = []
    const index = new Map<Shard, number>()
    const places = new SegmentList()
    const failed: Array<ItemFailure> = []
    let outside = false
    for (let i = 0; i < this.#items.ids.length; i++) {
      const failure: FailedNow | undefined = this.#failed.get(i) ?? this.#items.failed.get(i)
      if (failure !== undefined) {
        failed.push({ item: failure.item, error: failure.error })
        outside ||= failure.outside === true
        continue
      }
      const { shard, itemIndex } = this.#items.done.get(i) ?? this.#computed.get(i)!
      let s = index.get(shard)
      if (s === undefined) {
        s = shards.length
        index.set(shard, s)
        shards.push(shard)
      }
      places.add(s, itemIndex)
    }
    return { shards, places, table: null, failed, outside }
  }
}
