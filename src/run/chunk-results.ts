/**
 * What the chunks of a node have given so far: shards, and where each item lies in them, in typed arrays. A map of
 * items took several times what is kept of them.
 */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import { DoneItems } from "../plan/done-items.ts"
import type { ItemPlan } from "../plan/items.ts"
import { readSidecar } from "../store/item-index.ts"
import type { FailedItem, Shard } from "../store/manifest.ts"
import { SegmentList } from "../store/segments.ts"
import type { StoreCalls } from "../store/store.ts"
import type { WrittenShard } from "../store/write-shard.ts"
import type { Pieces } from "./assemble.ts"
import type { FailedNow, TaskResult } from "./task.ts"

export interface ItemPieces extends Pieces {
  /** some item failed by no doing of the stage */
  readonly outside: boolean
}

export class ChunkResults {
  readonly #items: ItemPlan
  readonly #computed: DoneItems
  readonly #written = new Map<Shard, WrittenShard>()
  readonly #failed = new Map<number, FailedNow>()
  constructor(items: ItemPlan) {
    this.#items = items
    this.#computed = new DoneItems(items.ids.length)
  }

  /** The outcome of a chunk, whose items are named by their indices. */
  add(chunk: ReadonlyArray<number>, { shards, failed }: Pick<TaskResult, "shards" | "failed">): void {
    const { ids } = this.#items
    const indices = new Map(chunk.map((i) => [ids[i]!, i]))
    for (const written of shards) {
      this.#computed.from(written.shard, undefined)
      const own = written.ids.map((id, item) => {
        const i = indices.get(id)!
        this.#computed.add(i, item)
        // the text that is there already: a worker's is a copy
        return ids[i]!
      })
      this.#written.set(written.shard, { ...written, ids: own })
    }
    for (const failure of failed) this.#failed.set(indices.get(failure.item)!, failure)
  }

  /** Shards, new ones and old, in the order in which the artifact first needs them, and where its items lie among them. */
  pieces(store: StoreCalls): Effect.Effect<ItemPieces, Problem> {
    return Effect.gen({ self: this }, function* () {
      const shards: Array<WrittenShard> = []
      const index = new Map<Shard, number>()
      const list = new SegmentList()
      const failed: Array<FailedItem> = []
      let outside = false
      for (let i = 0; i < this.#items.ids.length; i++) {
        const failure: FailedNow | undefined = this.#failed.get(i) ?? this.#items.failed.get(i)
        if (failure !== undefined) {
          failed.push({ item: failure.item, error: failure.error })
          outside ||= failure.outside === true
          continue
        }
        const { shard, item } = this.#items.done.get(i) ?? this.#computed.get(i)!
        let s = index.get(shard)
        if (s === undefined) {
          s = shards.length
          index.set(shard, s)
          shards.push(this.#written.get(shard) ?? (yield* readShard(store, shard)))
        }
        list.add(s, item)
      }
      return { shards, segments: list.segments, failed, outside }
    })
  }
}

const readShard = (store: StoreCalls, shard: Shard): Effect.Effect<WrittenShard, Problem> =>
  Effect.map(readSidecar(store, shard), ({ items, rows, digests }) => ({ shard, ids: items, rows, digests }))
