/**
 * Commands, as plain data and a plain function: what help, completion and the readers of the command line need.
 *
 * A package of stages may bring commands of its own. As for a stage, declaring one loads nothing heavy, and its
 * function is an async function that knows nothing of Effect: it gives an answer, and the command line prints that.
 */
import type { Paint } from "../support/colour.ts"

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
/** What a command's function gets of the words. */
export type ArgsOf<O extends Options, P extends ReadonlyArray<Positional>> = {
  readonly [K in keyof O]: OptionValue<O[K]>
} & { readonly [W in P[number] as W["name"]]: PositionalValue<W> }

/** How text is to look. */
export interface Terminal {
  readonly paint: Paint
  /** columns of the terminal */
  readonly width: number
  /** Rows in columns of text; columns of numbers are set to the right. */
  table(head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number | null>>): string
}

/** What a command found: one document under `--json`, else text. */
export interface Answer {
  /** plain JSON; absent values are null */
  readonly json: unknown
  readonly text: (look: Terminal) => string
  /** 0, if not said; 1 where something that was checked is not as it should be */
  readonly exitCode?: 0 | 1
}

/** Writes the file that a user asked for: whole or not there. */
export type WriteFile = (
  file: string,
  /** `--overwrite` was given: without it a file that is there is refused */
  overwrite: boolean,
  write: (out: { write(bytes: Uint8Array): void }) => void | Promise<void>
) => Promise<number>

/** What a command's function gets beside its words. */
export interface StageCommandContext {
  /** aborted by Ctrl-C */
  readonly signal: AbortSignal
  /** a line on stderr, beside the answer */
  log(message: string): void
  /** Gives the bytes written; throws a `Problem` (Usage) where a file or folder is in the way. */
  readonly writeFile: WriteFile
}

/** A command that a package of stages brings: `probeline <group> <name>`. */
export interface StageCommand {
  readonly name: string
  readonly doc: string
  readonly positionals: ReadonlyArray<Positional>
  readonly options: Options
  /** what is typed after `probeline`, and what it does */
  readonly examples: ReadonlyArray<readonly [string, string]>
  /** Throws a `Problem` for what a user can mend; anything else that is thrown counts as a defect. */
  // what the words are is known to the command alone
  readonly run: (args: any, context: StageCommandContext) => Promise<Answer>
}

/** A word of the command line, and the commands behind it. */
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
