/**
 * Stages: named computations with schemas, and the nodes that they make.
 *
 * A declaration is plain data and a plain function: no registry, no classes, so that a worker process can be
 * told (bundle, module, export, parameters) and find the same stage. Nothing here imports Effect.
 */
import type { Columns, WrittenRow } from "./columns.ts"
import type { Artifacts, Loss } from "./losses.ts"
import type { Broadcast, Form, Given, Output, PerItem, Port, Ports } from "./ports.ts"
import type { Params, Values, Written } from "./params.ts"
import type { Label, Random } from "../support/random.ts"

/** A reference to a node's output. A ref with more columns serves a port that reads fewer. */
export interface Ref<out C extends Columns, out F extends Form> {
  readonly id: string
  readonly form: F
  readonly columns: C
  readonly stage: AnyStage
  readonly args: Readonly<Record<string, unknown>>
}
export type AnyRef = Ref<Columns, Form>
type RefFor<P> =
  P extends Port<infer C, infer T>
    ? T extends "each"
      ? Ref<C, "row per item">
      : T extends "group"
        ? Ref<C, "row per item" | "rows per item">
        : T extends "whole"
          ? Ref<C, Form>
          : ReadonlyArray<Ref<C, Form>>
    : never

/** One item's failure, as a value: the run goes on with the others. */
export interface Failed {
  readonly failed: string
}
export const failed = (reason: string): Failed => ({ failed: reason })

/** What every stage function gets. */
export interface StageContext {
  /** aborted by Ctrl-C: pass it on, or check it between steps */
  readonly signal: AbortSignal
  /** a line for the run's log */
  log(message: string): void
  /** a generator seeded by the `seed` parameter (0 without one), the stage's name and the labels */
  random(...labels: ReadonlyArray<Label>): Random
  /** how far a whole stage or a source is, for the progress line */
  progress(done: number, total: number): void
}

/**
 * What a source sees of the outside: everything read is recorded, absences included.
 *
 * What it reads has to stay as it is until it ends: where a file or a folder's list was changed meanwhile the source
 * fails with InputChanged, and nothing is kept. Files that are only sampled (`file`) may change later.
 */
export interface World {
  /** A file's bytes; rejects when it is missing. */
  read(path: string): Promise<Uint8Array>
  /** A file's bytes, or null when it is missing. */
  readIfPresent(path: string): Promise<Uint8Array | null>
  /** The names in a folder, sorted; null when it is missing. */
  list(path: string): Promise<ReadonlyArray<string> | null>
  /** A file by content, for a `file` column; null when it is missing. Rejects with the system's error where it may not be read. */
  file(path: string): Promise<import("./columns.ts").FileHandle | null>
  /** Parts of a file, for formats with large bodies; null when it is missing. */
  open(path: string): Promise<RandomAccess | null>
  /**
   * Fetches something to this machine, such as a model from a hub, and leaves it where it is read like any file. Only a
   * run fetches: `status`, `why` and a dry run reject instead, and the node stays unknown.
   */
  fetch(wanted: FetchRequest): Promise<void>
}
/** What a stage asks a fetcher for. */
export interface FetchRequest {
  /** the fetcher's name: `hub` */
  readonly fetcher: string
  /** plain JSON, which the fetcher understands */
  readonly request: unknown
  /** for people: `Xenova/clip-vit-base-patch16@main: onnx/vision_model.onnx` */
  readonly what: string
}
/** Fetches what a stage requests. What it throws fails the node's plan; a `hint` on the error is shown. */
export type Fetcher = (
  request: unknown,
  context: { readonly signal: AbortSignal; readonly log: (message: string) => void }
) => Promise<unknown>
/** Reads parts of a file. */
export interface RandomAccess {
  readonly size: number
  read(position: number, length: number): Uint8Array
  close(): void
}
export interface SourceContext extends StageContext {
  /** Marks the artifact as a part of what was there ("50 of 350 scenes"); shown wherever it and its heirs are. */
  partial(reason: string): void
  /**
   * Counts something that the source left out or kept. No row shows what a source left out, so it has to be counted
   * here.
   */
  lost(loss: Loss): void
}

/** A small table for the end of a run and for `show`. */
export interface Summary {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string | number | null>>
  /** what a column means, by its name: those whose names do not say it are told below a table of at most 12 columns */
  readonly docs?: Readonly<Record<string, string>>
}

type Awaitable<A> = A | Promise<A>
type Result<C extends Columns, F extends Form> = F extends "row per item"
  ? WrittenRow<C>
  : ReadonlyArray<WrittenRow<C>>
/** Items of one call of an itemwise stage, as many as the scheduler likes. */
export type Batch<I extends Ports> = ReadonlyArray<PerItem<I> & { readonly id: string }>

interface Common<P extends Params, C extends Columns, I extends Ports = {}> {
  readonly doc?: string
  /** stands for the code in the key: bump it to make the stage stale, keep it to refactor without a re-run */
  readonly version?: string
  readonly params?: P
  /**
   * Plain JSON that replaces the named parameters in the key. Runs when planning; must load no native code. `about`
   * is kept beside the key and enters it not: it says where things come from.
   */
  readonly identity?: (
    params: Values<P>,
    world: World
  ) => Awaitable<
    { readonly [K in keyof P]?: unknown } & { readonly environment?: unknown; readonly about?: unknown }
  >
  /** what the run prints of this artifact when it is one of the pipeline's outputs */
  readonly summary?: (rows: ReadonlyArray<import("./columns.ts").Row<C>>) => Summary
  /**
   * What is left out, why, how many and a few examples, told from the artifact and from what it was made from: the run
   * prints it for every node. Best an async generator over `batches`, since an artifact may be larger than memory.
   */
  readonly losses?: (artifacts: Artifacts<I, P, C>) => AsyncIterable<Loss> | Awaitable<Iterable<Loss>>
}
export interface Itemwise<
  I extends Ports,
  P extends Params,
  C extends Columns,
  F extends Form,
  R
> extends Common<P, C, I> {
  readonly inputs: I
  readonly output: Output<C, F>
  /** true where native code could crash or block: the stage then runs in worker processes */
  readonly isolate?: boolean
  /** items a call at most; the scheduler's affair, in no key */
  readonly chunk?: number
  /**
   * Seconds that an item may take, before it counts as failed; in no key. A worker process is killed; in this process
   * `signal` is aborted and nobody waits any longer, which a function that computes without a pause does not notice.
   */
  readonly itemSeconds?: number
  /** A resource of a worker (an inference session), disposed by `Symbol.asyncDispose`. Must stand before `compute`. */
  readonly open?: (params: Values<P>, context: StageContext) => Awaitable<R>
  /** As many results as items, in their order: the orchestrator attaches the ids. */
  readonly compute: (
    items: Batch<I>,
    given: { readonly params: Values<P>; readonly resource: R } & Broadcast<I>,
    context: StageContext
  ) => Awaitable<ReadonlyArray<Result<C, F> | Failed>>
}
export interface Whole<I extends Ports, P extends Params, C extends Columns> extends Common<P, C, I> {
  readonly inputs: I
  readonly output: Output<C, "table">
  readonly isolate?: boolean
  /** seconds that it may take in all, before it counts as failed (as `itemSeconds` of an itemwise stage); in no key */
  readonly seconds?: number
  readonly compute: (
    inputs: { readonly [K in keyof I]: Given<I[K]> },
    params: Values<P>,
    context: StageContext
  ) => AsyncIterable<WrittenRow<C>> | Awaitable<ReadonlyArray<WrittenRow<C>>>
}
export interface Source<P extends Params, C extends Columns, F extends Form> extends Common<P, C> {
  /** what an item is ("scene"): the name of the id column in every table below this source */
  readonly item: string
  readonly output: Output<C, F>
  /** seconds that it may take in all, before it counts as failed; in no key */
  readonly seconds?: number
  /**
   * An item at a time, with its id: its row, its `rows`, or `failed` with the reason why there are none; or rows that
   * belong to no item. Items that failed are tried again by the next run.
   */
  readonly compute: (params: Values<P>, world: World, context: SourceContext) => AsyncIterable<Sourced<C, F>>
}
type Sourced<C extends Columns, F extends Form> = F extends "row per item"
  ? { readonly id: string } & (WrittenRow<C> | Failed)
  : F extends "rows per item"
    ? { readonly id: string } & ({ readonly rows: ReadonlyArray<WrittenRow<C>> } | Failed)
    : WrittenRow<C>

/** A stage as the orchestrator sees it: its types are gone, what it does is checked when it runs. */
export interface AnyStage {
  readonly name: string
  readonly kind: "source" | "itemwise" | "whole"
  readonly spec: StageSpec
}
export interface StageSpec {
  readonly doc?: string
  readonly version?: string
  readonly item?: string
  readonly params?: Params
  readonly inputs?: Ports
  readonly output: Output<Columns, Form>
  readonly isolate?: boolean
  readonly chunk?: number
  readonly itemSeconds?: number
  readonly seconds?: number
  readonly identity?: (params: any, world: World) => any
  readonly summary?: (rows: ReadonlyArray<any>) => Summary
  readonly losses?: (artifacts: any) => AsyncIterable<Loss> | Awaitable<Iterable<Loss>>
  readonly open?: (params: any, context: StageContext) => any
  readonly compute: (...args: ReadonlyArray<any>) => any
}
type Args<I extends Ports, P extends Params> = { readonly [K in keyof I]: RefFor<I[K]> } & Written<P>
/** Called with an id and its inputs and parameters, a stage makes a node. */
export interface Stage<I extends Ports, P extends Params, C extends Columns, F extends Form> {
  (id: string, args: Args<I, P>): Ref<C, F>
  readonly stage: AnyStage
}

const make = (kind: AnyStage["kind"], name: string, spec: unknown): any => {
  const stage: AnyStage = { name, kind, spec: spec as StageSpec }
  const node = (id: string, args: Readonly<Record<string, unknown>>): AnyRef => ({
    id,
    form: stage.spec.output.form,
    columns: stage.spec.output.columns,
    stage,
    args
  })
  return Object.assign(node, { stage })
}

/** The three kinds of stage; shipped stages and users' own are made by the same functions. */
export const defineStage = {
  /** Reads the outside through a recording `world`. */
  source: <const P extends Params, const C extends Columns, F extends Form>(
    name: string,
    spec: Source<P, C, F>
  ): Stage<{}, P, C, F> => make("source", name, spec),
  /** Works on items, each by itself: cached, resumed and failed item by item. */
  itemwise: <
    const I extends Ports,
    const C extends Columns,
    F extends "row per item" | "rows per item",
    R = undefined,
    const P extends Params = {}
  >(
    name: string,
    spec: Itemwise<I, P, C, F, R>
  ): Stage<I, P, C, F> => make("itemwise", name, spec),
  /** Consumes whole artifacts and makes a table. */
  whole: <const I extends Ports, const C extends Columns, const P extends Params = {}>(
    name: string,
    spec: Whole<I, P, C>
  ): Stage<I, P, C, "table"> => make("whole", name, spec)
}
