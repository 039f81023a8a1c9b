/**
 * How many items a chunk takes. What a run loses when it is killed is the chunks that it was at, so a chunk should not
 * take long; yet each costs a few files, so it should not be small either where items are quick.
 */
import type { Executor } from "./task.ts"

/** Items of a call, unless the stage says otherwise. */
const usualCall = 64
/** A chunk is larger where there are very many items; but not without end, for memory. */
const manyChunks = 256
/** … of so many calls at most */
const mostCalls = 16
/** Items of a chunk at most of which so many are left; `stageChunk` is what the stage wants in a call. */
export const mostItems = (left: number, stageChunk = usualCall): number =>
  Math.min(Math.max(stageChunk, Math.ceil(left / manyChunks)), stageChunk * mostCalls)

/** Items of a chunk as long as no chunk is finished, and of the last ones, which all tasks share. */
const few = 8
export class ChunkSizes {
  readonly #most: number
  readonly #executor: Pick<Executor, "tasks" | "chunkMs">
  /** milliseconds that an item took in the chunk that was finished last */
  #pace: number | null = null
  constructor(left: number, stageChunk: number | undefined, executor: Pick<Executor, "tasks" | "chunkMs">) {
    this.#most = mostItems(left, stageChunk)
    this.#executor = executor
  }

  /** Of the next chunk, of so many items that are left. */
  next(left: number): number {
    const fitting = this.#pace === null ? few : Math.floor(this.#executor.chunkMs / this.#pace)
    const share = Math.max(few, Math.ceil(left / this.#executor.tasks))
    return Math.max(1, Math.min(this.#most, fitting, share, left))
  }

  took(items: number, ms: number): void {
    this.#pace = ms / items
  }
}
