/**
 * Commands as plain data and a plain function: what help, completion and the command line's parser need.
 *
 * A package of stages may add commands of its own. As with a stage, declaring one loads nothing heavy, and
 * its function is an async function without Effect: it returns an answer, which the command line prints.
 */
import type { Paint } from "../support/colour.ts"

interface Documented {
  readonly doc: string
  /** one letter */
  readonly alias?: string
}
/** An option of a command. `value` is how help names its value. */
export type Option =
  | (Documented & { readonly kind: "flag" })
  | (Documented & { readonly kind: "text"; readonly value: string })
  /** may be repeated */
  | (Documented & { readonly kind: "texts"; readonly value: string })
  /** an integer from 1 */
  | (Documented & { readonly kind: "count"; readonly value: string })
  | (Documented & { readonly kind: "choice"; readonly of: ReadonlyArray<string> })
export type Options = { readonly [name: string]: Option }

/** An argument that is not an option: exactly one, at most one, or any number. */
export interface Positional {
  readonly name: string
  readonly doc: string
  readonly arity: "one" | "maybe" | "rest"
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
type PositionalValue<P> = P extends { readonly arity: "one" }
  ? string
  : P extends { readonly arity: "maybe" }
    ? string | null
    : ReadonlyArray<string>
/** The parsed arguments that a command's function gets. */
export type ArgsOf<O extends Options, P extends ReadonlyArray<Positional>> = {
  readonly [K in keyof O]: OptionValue<O[K]>
} & { readonly [W in P[number] as W["name"]]: PositionalValue<W> }

/** How to lay out and style text. */
export interface Terminal {
  readonly paint: Paint
  /** columns of the terminal */
  readonly width: number
  /** Aligned columns of text, with columns of numbers aligned right. */
  table(head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number | null>>): string
}

/** The result of a command: one document under `--json`, otherwise text. */
export interface Answer {
  /** plain JSON; absent values are null */
  readonly json: unknown
  readonly text: (look: Terminal) => string
  /** default: 0; 1 if a check failed */
  readonly exitCode?: 0 | 1
}

/** Writes a file that the user asked for, completely or not at all. */
export type WriteFile = (
  file: string,
  /** `--overwrite` was given: without it, an existing file is an error */
  overwrite: boolean,
  write: (out: { write(bytes: Uint8Array): void }) => void | Promise<void>
) => Promise<number>

/** The context that a command's function gets in addition to its arguments. */
export interface StageCommandContext {
  /** aborted by Ctrl-C */
  readonly signal: AbortSignal
  /** writes a line to stderr, separate from the answer */
  log(message: string): void
  /** Returns the number of bytes written; throws a `Problem` (Usage) if a file or folder is in the way. */
  readonly writeFile: WriteFile
}

/** A command from a package of stages: `probeline <group> <name>`. */
export interface StageCommand {
  readonly name: string
  readonly doc: string
  readonly positionals: ReadonlyArray<Positional>
  readonly options: Options
  /** pairs of arguments after `probeline`, and what they do */
  readonly examples: ReadonlyArray<readonly [string, string]>
  /** Throws a `Problem` for anything the user can fix; any other error counts as a defect. */
  // only the command knows the types of its arguments
  readonly run: (args: any, context: StageCommandContext) => Promise<Answer>
}

/** A word of the command line with commands below it. */
export interface StageCommandGroup {
  readonly name: string
  readonly doc: string
  readonly commands: ReadonlyArray<StageCommand>
}

export const defineStageCommand = <const O extends Options, const P extends ReadonlyArray<Positional>>(
  command: Omit<StageCommand, "run" | "options" | "positionals"> & {
    readonly options: O
    readonly positionals: P
    readonly run: (args: ArgsOf<O, P>, context: StageCommandContext) => Promise<Answer>
  }
): StageCommand => command
