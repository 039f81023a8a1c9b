/**
 * Stages: named computations with schemas, and the nodes that they make.
 *
 * A declaration is plain data and a plain function: no registry, no classes, so that a worker process can
 * find the same stage from (bundle, module, export, parameters). Nothing here imports Effect.
 */
import type { Comparing } from "./comparison.ts"
import type { Columns, Nullable, Scalar, WrittenRow } from "./columns.ts"
import type { Figure, Summary } from "./figures.ts"
import type { Artifacts, Loss } from "./losses.ts"
import type { Broadcast, Form, Given, Output, PerItem, Port, Ports } from "./ports.ts"
import type { Params, Values, Written } from "./params.ts"
import type { StageContext, World, SourceContext } from "./world.ts"

/** A reference to a node's output. A ref with more columns fits a port that reads fewer. */
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
        : T extends "many"
          ? ReadonlyArray<Ref<C, Form>>
          : Ref<C, Form>
    : never

/** One item's failure, as a value: the run goes on with the other items. */
export interface Failed {
  readonly failed: string
}
export const failed = (reason: string): Failed => ({ failed: reason })

type Awaitable<A> = A | Promise<A>
type Result<C extends Columns, F extends Form> = F extends "row per item"
  ? WrittenRow<C>
  : ReadonlyArray<WrittenRow<C>>
/** The items of one call to an itemwise stage; the scheduler chooses how many. */
export type Batch<I extends Ports> = ReadonlyArray<PerItem<I> & { readonly id: string }>

/** The columns that may be part of a row key: scalars, null included. */
type KeyColumn<C extends Columns> = {
  [K in keyof C & string]: C[K] extends Scalar | Nullable<Scalar> ? K : never
}[keyof C & string]
/**
 * The columns that, with the item, name a row of the output; in a table they name it alone. No two rows may have
 * the same values in them, where null is a value like any other, −0 is 0 and NaN is NaN. Rows are checked when
 * they are written. In no key. With one row per item, the item names the row, so there is nothing to declare.
 */
type RowKey<C extends Columns, F extends Form> = F extends "row per item"
  ? never
  : ReadonlyArray<KeyColumn<C>>

interface Common<P extends Params, C extends Columns, I extends Ports = {}> {
  readonly doc?: string
  /**
   * stands in for the code in the key: change it to make the stage stale, keep it to refactor without a
   * re-run
   */
  readonly version?: string
  readonly params?: P
  /**
   * Plain JSON that replaces the named parameters in the key. Called during planning; must not load native
   * code. `about` is stored with the key but does not enter it: it names the origin of things.
   */
  readonly identity?: (
    params: Values<P>,
    world: World
  ) => Awaitable<
    { readonly [K in keyof P]?: unknown } & { readonly environment?: unknown; readonly about?: unknown }
  >
  /** the summary that a run prints for this artifact if it is an output of the pipeline */
  readonly summary?: (rows: ReadonlyArray<import("./columns.ts").Row<C>>) => Summary
  /**
   * What was left out, why, how many and a few examples, computed from the artifact and its inputs: the run
   * prints it for every node. Best an async generator over `batches`, since an artifact may be larger than
   * memory.
   */
  readonly losses?: (artifacts: Artifacts<I, P, C>) => AsyncIterable<Loss> | Awaitable<Iterable<Loss>>
  /** How two of its artifacts differ, for `diff`. */
  readonly compare?: Comparing<I, P, C>
  /** How the artifact is drawn, for `plot`, `report` and the end of a run; the first figure is the main one. */
  readonly figures?: (artifacts: Artifacts<I, P, C>) => Awaitable<ReadonlyArray<Figure>>
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
  readonly rowKey?: RowKey<C, F>
  /** true if native code could crash or block: the stage then runs in worker processes */
  readonly isolate?: boolean
  /** the most items per call; a matter of scheduling, in no key */
  readonly chunk?: number
  /**
   * How many seconds an item may take before it counts as failed; in no key. In a worker, the process is
   * killed; in this process, `signal` is aborted and the stage abandoned, with no effect on a function that
   * computes without pause.
   */
  readonly itemSeconds?: number
  /**
   * A worker's resource (an inference session, tables made ready for all items), disposed of by
   * `Symbol.asyncDispose`. Must be declared before `compute`.
   */
  readonly open?: (params: Values<P>, context: StageContext, given: Broadcast<I>) => Awaitable<R>
  /** Returns one result per item, in order: the orchestrator attaches the ids. */
  readonly compute: (
    items: Batch<I>,
    given: { readonly params: Values<P>; readonly resource: R } & Broadcast<I>,
    context: StageContext
  ) => Awaitable<ReadonlyArray<Result<C, F> | Failed>>
}
export interface Whole<I extends Ports, P extends Params, C extends Columns, F extends Form> extends Common<
  P,
  C,
  I
> {
  /**
   * for an output of `one` or `rows`: the kind of item that it makes ("fit"), which names the id column in every
   * table downstream
   */
  readonly item?: F extends "table" ? never : string
  readonly inputs: I
  readonly output: Output<C, F>
  readonly rowKey?: RowKey<C, F>
  readonly isolate?: boolean
  /** how many seconds the whole stage may take before it counts as failed (like `itemSeconds`); in no key */
  readonly seconds?: number
  /** Gives rows, or, if it makes items, what a source yields: each item's id with its row, its `rows` or `failed`. */
  readonly compute: (
    inputs: { readonly [K in keyof I]: Given<I[K]> },
    params: Values<P>,
    context: StageContext
  ) => AsyncIterable<Sourced<C, F>> | Awaitable<ReadonlyArray<Sourced<C, F>>>
}
export interface Source<P extends Params, C extends Columns, F extends Form> extends Common<P, C> {
  /** the kind of item ("scene"): the name of the id column in every table downstream of this source */
  readonly item: string
  readonly output: Output<C, F>
  readonly rowKey?: RowKey<C, F>
  /** how many seconds it may take before it counts as failed; in no key */
  readonly seconds?: number
  /**
   * Yields one item at a time: its id with its row, its `rows`, or `failed` with the reason; or rows that
   * belong to no item. Failed items are tried again by the next run.
   */
  readonly compute: (params: Values<P>, world: World, context: SourceContext) => AsyncIterable<Sourced<C, F>>
}
type Sourced<C extends Columns, F extends Form> = F extends "row per item"
  ? { readonly id: string } & (WrittenRow<C> | Failed)
  : F extends "rows per item"
    ? { readonly id: string } & ({ readonly rows: ReadonlyArray<WrittenRow<C>> } | Failed)
    : WrittenRow<C>

/** A stage as the orchestrator sees it: without types, so its behaviour is checked at run time. */
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
  readonly rowKey?: ReadonlyArray<string>
  readonly isolate?: boolean
  readonly chunk?: number
  readonly itemSeconds?: number
  readonly seconds?: number
  readonly identity?: (params: any, world: World) => any
  readonly summary?: (rows: ReadonlyArray<any>) => Summary
  readonly losses?: (artifacts: any) => AsyncIterable<Loss> | Awaitable<Iterable<Loss>>
  readonly compare?: Comparing<any, any, any>
  readonly figures?: (artifacts: any) => Awaitable<ReadonlyArray<Figure>>
  readonly open?: (params: any, context: StageContext, given: any) => any
  readonly compute: (...args: ReadonlyArray<any>) => any
}
/** A `member` port has no input of its own. */
type Args<I extends Ports, P extends Params> = {
  readonly [
    K in keyof I as I[K] extends { readonly mode: "member" } | { readonly optional: true } ? never : K
  ]: RefFor<I[K]>
} & {
  readonly [K in keyof I as I[K] extends { readonly optional: true } ? K : never]?: RefFor<I[K]> | undefined
} & Written<P>
/** A stage is a function: called with an id, inputs and parameters, it makes a node. */
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

/** The three kinds of stage; shipped stages and users' own are made with the same functions. */
export const defineStage = {
  /** Reads outside data through a recording `world`. */
  source: <const P extends Params, const C extends Columns, F extends Form>(
    name: string,
    spec: Source<P, C, F>
  ): Stage<{}, P, C, F> => make("source", name, spec),
  /** Works on each item separately: items are cached, resumed and failed one by one. */
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
  /** Reads whole artifacts and makes a table, or items. */
  whole: <const I extends Ports, const C extends Columns, F extends Form, const P extends Params = {}>(
    name: string,
    spec: Whole<I, P, C, F>
  ): Stage<I, P, C, F> => make("whole", name, spec)
}
