/**
 * Commands, as plain data and a function: what help, completion and the parser of the command line need.
 *
 * Declaring one loads nothing heavy; `run` imports what it needs.
 */
import type * as Effect from "effect/Effect"
import type { ArgsOf, Options, Positional } from "../pipeline/command.ts"
import type { Problem } from "../support/problem.ts"
import type { Stopped } from "../store/records/run-record.ts"
import type { CommandOutput } from "./output.ts"
import type { Fetcher } from "../pipeline/world.ts"

export type { ArgsOf, Option, Options, Positional } from "../pipeline/command.ts"

/** What every command gets beside its words. */
export interface CommandContext {
  readonly output: CommandOutput
  readonly json: boolean
  readonly debug: boolean
  /** the store's folder, as it was given */
  readonly store: string
  readonly version: string
  /** the worker processes' entry */
  readonly worker: URL
  /** what brings to this machine what stages want, by name */
  readonly fetchers?: Readonly<Record<string, Fetcher>>
  readonly now: () => Date
  /** why the command is being interrupted; null, or absent, where nobody has said */
  readonly stopped?: () => Stopped | null
}
/** Commands behind a word of their own: `probeline <group> <command>`. */
export interface CommandGroup {
  readonly name: string
  readonly doc: string
}
/** Gives the exit code. */
export type Run<A> = (args: A, context: CommandContext) => Effect.Effect<number, Problem>

export interface Command {
  /** one word; or two, of which the first is its group's */
  readonly name: string
  readonly group?: CommandGroup
  readonly doc: string
  readonly positionals: ReadonlyArray<Positional>
  readonly options: Options
  /** what is typed after `probeline`, and what it does */
  readonly examples: ReadonlyArray<readonly [string, string]>
  /** it says itself where it may be interrupted (`Effect.interruptible`); the others may be anywhere */
  readonly finishes?: true
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

/** The words of a command's name. */
export const commandWords = ({ name }: Command): ReadonlyArray<string> => name.split(" ")

/** `run <pipeline> [node..]` */
export const usageOf = ({ name, positionals }: Command): string =>
  [
    name,
    ...positionals.map(({ name: word, arity }) =>
      arity === "one" ? `<${word}>` : arity === "maybe" ? `[${word}]` : `[${word}..]`
    )
  ].join(" ")
