/**
 * Commands, as plain data and a function: what help, completion and both readers of the command line need.
 *
 * Declaring one loads nothing heavy; `run` imports what it needs.
 */
import type * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import type { Bringer } from "../plan/plan.ts"
import type { Output } from "./output.ts"

interface Documented {
  readonly doc: string
  /** one letter */
  readonly alias?: string
}
/** An option of a command. `value` stands for its value in help. */
export type Option =
  | (Documented & { readonly kind: "flag" })
  | (Documented & { readonly kind: "text"; readonly value: string })
  /** may be repeated */
  | (Documented & { readonly kind: "texts"; readonly value: string })
  /** a whole number from 1 */
  | (Documented & { readonly kind: "count"; readonly value: string })
  | (Documented & { readonly kind: "choice"; readonly of: ReadonlyArray<string> })
export type Options = { readonly [name: string]: Option }

/** A word that is no option: one, one or none, or any number. */
export interface Positional {
  readonly name: string
  readonly doc: string
  readonly take: "one" | "maybe" | "rest"
}

type OptionValue<O> = O extends { readonly kind: "flag" }
  ? boolean
  : O extends { readonly kind: "texts" }
    ? ReadonlyArray<string>
    : O extends { readonly kind: "count" }
      ? number | null
      : O extends { readonly kind: "choice"; readonly of: ReadonlyArray<infer W> }
        ? W | null
        : string | null
type PositionalValue<P> = P extends { readonly take: "one" }
  ? string
  : P extends { readonly take: "maybe" }
    ? string | null
    : ReadonlyArray<string>
/** What a command's function gets of the words. */
export type ArgsOf<O extends Options, P extends ReadonlyArray<Positional>> = {
  readonly [K in keyof O]: OptionValue<O[K]>
} & { readonly [W in P[number] as W["name"]]: PositionalValue<W> }

/** What every command gets beside its words. */
export interface CommandContext {
  readonly output: Output
  readonly json: boolean
  readonly debug: boolean
  /** the store's folder, as it was given */
  readonly store: string
  readonly version: string
  /** the worker processes' entry */
  readonly worker: URL
  /** what brings to this machine what stages want, by name */
  readonly bringers?: Readonly<Record<string, Bringer>>
  readonly now: () => Date
}
/** Gives the exit code. */
export type Run<A> = (args: A, context: CommandContext) => Effect.Effect<number, Problem>

export interface Command {
  readonly name: string
  readonly doc: string
  readonly positionals: ReadonlyArray<Positional>
  readonly options: Options
  /** what is typed after `probeline`, and what it does */
  readonly examples: ReadonlyArray<readonly [string, string]>
  // what the words are is known to the command alone
  readonly run: Run<any>
}

export const defineCommand = <const O extends Options, const P extends ReadonlyArray<Positional>>(
  command: Omit<Command, "run" | "options" | "positionals"> & {
    readonly options: O
    readonly positionals: P
    readonly run: Run<ArgsOf<O, P>>
  }
): Command => command

/** Options that every command takes. */
export const globalOptions = {
  store: {
    kind: "text",
    value: "DIR",
    doc: "where artifacts lie (artifacts in this folder, or PROBELINE_STORE)"
  },
  json: { kind: "flag", doc: "print one JSON document, and nothing else, on stdout" },
  debug: { kind: "flag", doc: "print stack traces of failures" }
} as const satisfies Options

/** `run <pipeline> [node..]` */
export const usageOf = ({ name, positionals }: Command): string =>
  [
    name,
    ...positionals.map(({ name: word, take }) =>
      take === "one" ? `<${word}>` : take === "maybe" ? `[${word}]` : `[${word}..]`
    )
  ].join(" ")
