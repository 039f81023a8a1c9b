/**
 * Commands as plain data and a function: all that help, completion and the argument parser need.
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

/** What every command gets besides its arguments. */
export interface CommandContext {
  readonly output: CommandOutput
  readonly json: boolean
  readonly debug: boolean
  /** the store's folder, as given */
  readonly store: string
  readonly version: string
  /** entry point of worker processes */
  readonly worker: URL
  /** fetchers that download what stages need, by name */
  readonly fetchers?: Readonly<Record<string, Fetcher>>
  readonly now: () => Date
  /** why the command is being interrupted; null or absent if unknown */
  readonly stopped?: () => Stopped | null
}
/** Commands grouped under a common word: `probeline <group> <command>`. */
export interface CommandGroup {
  readonly name: string
  readonly doc: string
}
/** Returns the exit code. */
export type Run<A> = (args: A, context: CommandContext) => Effect.Effect<number, Problem>

export interface Command {
  /** one word, or two: group and command */
  readonly name: string
  readonly group?: CommandGroup
  readonly doc: string
  readonly positionals: ReadonlyArray<Positional>
  readonly options: Options
  /** arguments after `probeline`, and what they do */
  readonly examples: ReadonlyArray<readonly [string, string]>
  /** interruptible only where it says so (`Effect.interruptible`); other commands are interruptible anywhere */
  readonly finishes?: true
  // only the command knows the types of its arguments
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
    doc: "artifact store (default: PROBELINE_STORE, else ./artifacts)"
  },
  json: { kind: "flag", doc: "print a single JSON document on stdout" },
  debug: { kind: "flag", doc: "print stack traces on failure" }
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
