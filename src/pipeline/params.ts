/**
 * Parameters: typed, documented values of a stage or a pipeline.
 *
 * `I` is the type that a caller writes, `A` the type that the stage gets, with defaults filled in. A
 * parameter is plain data; `checkParams` (check-params.ts) reads it at run time.
 */
declare const value: unique symbol

export interface Param<out A, out I = A, out Optional extends boolean = boolean> {
  readonly kind: string
  readonly optional: Optional
  readonly options: ParamOptions
  readonly [value]: () => readonly [A, I]
}
export interface ParamOptions {
  readonly doc?: string
  readonly default?: unknown
  readonly min?: number
  readonly max?: number
  readonly of?: unknown
  readonly fields?: Params
}
export type Params = { readonly [name: string]: Param<unknown, unknown> }
type Show<T> = { [K in keyof T]: T[K] } & {}
/** The values that the stage gets. */
export type Values<P extends Params> = {
  readonly [K in keyof P]: P[K] extends Param<infer A, unknown> ? A : never
}
/** The values that a caller writes: parameters with a default may be left out. */
export type Written<P extends Params> = Show<
  {
    readonly [K in keyof P as P[K] extends Param<unknown, unknown, false> ? K : never]: P[K] extends Param<
      unknown,
      infer I
    >
      ? I
      : never
  } & {
    readonly [K in keyof P as P[K] extends Param<unknown, unknown, false> ? never : K]?: P[K] extends Param<
      unknown,
      infer I
    >
      ? I
      : never
  }
>

/** A path: relative to the pipeline file if written there, to the working directory if given by `-S`. */
export interface FileRef {
  readonly path: string
}
/** A reference to a file or folder, for a `param.file()` or `param.folder()`. */
export const file = (path: string): FileRef => ({ path })

type HasDefault<O> = O extends { readonly default: unknown } ? true : false
interface Doc {
  readonly doc?: string
}
interface NumberOptions extends Doc {
  readonly default?: number
  readonly min?: number
  readonly max?: number
}

const make = <P>(kind: string, options: object = {}, optional = "default" in options): P =>
  ({ kind, optional, options }) as P

export const param = {
  /** An integer. */
  int: <const O extends NumberOptions = {}>(options?: O): Param<number, number, HasDefault<O>> =>
    make("int", options),
  /** A finite number. */
  number: <const O extends NumberOptions = {}>(options?: O): Param<number, number, HasDefault<O>> =>
    make("number", options),
  bool: <const O extends Doc & { readonly default?: boolean } = {}>(
    options?: O
  ): Param<boolean, boolean, HasDefault<O>> => make("bool", options),
  text: <const O extends Doc & { readonly default?: string } = {}>(
    options?: O
  ): Param<string, string, HasDefault<O>> => make("text", options),
  choice: <
    const L extends ReadonlyArray<string>,
    const O extends Doc & { readonly default?: L[number] } = {}
  >(
    of: L,
    options?: O
  ): Param<L[number], L[number], HasDefault<O>> => make("choice", { of, ...options }),
  /** A file: its sha256 enters the key, its path does not (in a source, the path does; its `world` records what it read). */
  file: <const O extends Doc & { readonly default?: FileRef } = {}>(
    options?: O
  ): Param<FileRef, FileRef, HasDefault<O>> => make("file", options),
  /** A folder, for a source: its path enters the key, and what the source reads in it is recorded. */
  folder: <const O extends Doc & { readonly default?: FileRef } = {}>(
    options?: O
  ): Param<FileRef, FileRef, HasDefault<O>> => make("folder", options),
  list: <A, I, const O extends Doc & { readonly default?: ReadonlyArray<I> } = {}>(
    of: Param<A, I>,
    options?: O
  ): Param<ReadonlyArray<A>, ReadonlyArray<I>, HasDefault<O>> => make("list", { of, ...options }),
  /** An optional value: if it is left out or `null`, the stage gets `null`. */
  maybe: <A, I>(of: Param<A, I>, options: Doc = {}): Param<A | null, I | null, true> =>
    make("maybe", { of, default: null, ...options }),
  struct: <const P extends Params>(fields: P, options: Doc = {}): Param<Show<Values<P>>, Written<P>, false> =>
    make("struct", { fields, ...options }),
  /** One of several shapes, distinguished by `kind`. */
  oneOf: <
    const M extends { readonly [kind: string]: Params },
    const O extends Doc & {
      readonly default?: { [K in keyof M]: Show<{ readonly kind: K } & Written<M[K]>> }[keyof M]
    } = {}
  >(
    of: M,
    options?: O
  ): Param<
    { [K in keyof M]: Show<{ readonly kind: K } & Values<M[K]>> }[keyof M],
    { [K in keyof M]: Show<{ readonly kind: K } & Written<M[K]>> }[keyof M],
    HasDefault<O>
  > => make("oneOf", { of, ...options })
}
