/**
 * The interfaces that the orchestrator passes to a stage's functions: the context of a call, and the world
 * that sources read.
 */
import type { Label, Random } from "../support/random.ts"
import type { Loss } from "./losses.ts"

/** The context that every stage function gets. */
export interface StageContext {
  /** aborted by Ctrl-C: pass it on, or check it between steps */
  readonly signal: AbortSignal
  /** writes a line to the run's log */
  log(message: string): void
  /** a generator seeded by the `seed` parameter (0 without one), the stage's name and the labels */
  random(...labels: ReadonlyArray<Label>): Random
  /** how many CPU threads the call may use, so that parallel tasks share the machine; no result may depend on it */
  readonly threads: number
  /** reports the progress of a whole stage or a source, for the progress line */
  progress(done: number, total: number): void
}

/**
 * A source's access to the outside: everything it reads is recorded, absences included.
 *
 * Whatever it reads must not change until it ends: if a file or a folder's list changes in the meantime, the
 * source fails with InputChanged, and nothing is kept. Files that are only sampled (`file`) may change later.
 */
export interface World {
  /** A file's bytes; rejects if it is missing. */
  read(path: string): Promise<Uint8Array>
  /** A file's bytes, or null if it is missing. */
  readIfPresent(path: string): Promise<Uint8Array | null>
  /** The sorted names in a folder; null if it is missing. */
  list(path: string): Promise<ReadonlyArray<string> | null>
  /**
   * A file by content, for a `file` column; null if it is missing. Rejects with the system's error if it is
   * not readable.
   */
  file(path: string): Promise<import("./columns.ts").FileHandle | null>
  /** Random access to a file, for large formats; null if it is missing. */
  open(path: string): Promise<RandomAccess | null>
  /**
   * Downloads something to this machine, such as a model from a hub; it can then be read like any file. Only
   * a run downloads: in `status`, `why` and a dry run this rejects, and the node stays unknown.
   */
  fetch(wanted: FetchRequest): Promise<void>
}

/** A request to a fetcher. */
export interface FetchRequest {
  /** the fetcher's name: `hub` */
  readonly fetcher: string
  /** plain JSON that the fetcher understands */
  readonly request: unknown
  /** a description for people: `Xenova/clip-vit-base-patch16@main: onnx/vision_model.onnx` */
  readonly what: string
}

/**
 * Downloads what a stage requests. If it throws, the node's plan fails; the error may have a `hint` for the
 * user.
 */
export type Fetcher = (
  request: unknown,
  context: { readonly signal: AbortSignal; readonly log: (message: string) => void }
) => Promise<unknown>

/** Random access to a file. */
export interface RandomAccess {
  readonly size: number
  read(position: number, length: number): Uint8Array
  close(): void
}

export interface SourceContext extends StageContext {
  /**
   * Marks the artifact as a part of the available data ("50 of 350 scenes"); shown with it and everything
   * derived from it.
   */
  partial(reason: string): void
  /**
   * Counts something that the source left out or kept. A source must count these here, because none of its
   * rows show them.
   */
  lost(loss: Loss): void
}
