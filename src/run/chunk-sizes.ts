/**
 * Decides how many items a chunk has. A killed run loses the chunks in progress, so a chunk should not take
 * long; but each costs a few files, so it should not be small if items are quick. A forecast may be wrong: a
 * chunk also ends early, between two calls of the stage, once it has lasted long enough (`execute-items.ts`).
 */
import type { Executor } from "./task.ts"

/** Items per call, unless the stage sets another number. */
const usualCall = 64
/** With very many items, chunks grow, so that there are about this many of them. */
const manyChunks = 256
/** They grow to at most this many calls, to limit memory. */
const mostCalls = 16
/** Quick items of a stage that wants few per call share a chunk, and so its files. */
const fewCalls = 16
/**
 * The most items per chunk when this many are left; `stageChunk` is the number that the stage wants per call.
 */
export const mostItems = (left: number, stageChunk = usualCall): number =>
  Math.min(Math.max(stageChunk, fewCalls, Math.ceil(left / manyChunks)), stageChunk * mostCalls)

/** Items per chunk until the first chunk is finished, and for the last ones, which all tasks share. */
const few = 8
export class ChunkSizes {
  readonly #most: number
  readonly #executor: Pick<Executor, "tasks" | "chunkMs">
  /** milliseconds per item in the chunk that finished last */
  #pace: number | null = null
  constructor(left: number, stageChunk: number | undefined, executor: Pick<Executor, "tasks" | "chunkMs">) {
    this.#most = mostItems(left, stageChunk)
    this.#executor = executor
  }

  /** The size of the next chunk, when this many items are left. */
  next(left: number): number {
    const fitting = this.#pace === null ? few : Math.floor(this.#executor.chunkMs / this.#pace)
    const share = Math.max(few, Math.ceil(left / this.#executor.tasks))
    return Math.max(1, Math.min(this.#most, fitting, share, left))
  }

  took(items: number, ms: number): void {
    this.#pace = ms / items
  }
}
