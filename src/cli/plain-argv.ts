/**
 * The quick reader of the command line: `probeline <command> …` with nothing wrong in it, by `node:util`.
 *
 * yargs costs about 50 ms to load. What is not plain (help, completion, an unknown word, options before the
 * command) is left to it, and it says what is wrong; a test holds the two readers to the same answer.
 */
import { parseArgs, type ParseArgsConfig } from "node:util"
import { type Command, globalOptions, commandWords } from "./command.ts"
import type { ParsedArgv } from "./argv.ts"

/** Null where yargs should look. */
export function plainArgv(commands: ReadonlyArray<Command>, argv: ReadonlyArray<string>): ParsedArgv | null {
  const command = commands.find((one) => commandWords(one).every((word, i) => word === argv[i]))
  if (command === undefined) return null
  const options: NonNullable<ParseArgsConfig["options"]> = {}
  for (const [name, { kind, alias }] of Object.entries({ ...command.options, ...globalOptions }).map(widened))
    options[name] = {
      type: kind === "flag" ? "boolean" : "string",
      multiple: true,
      ...(alias === undefined ? {} : { short: alias })
    }
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(commandWords(command).length),
      options,
      allowPositionals: true,
      strict: true
    })
    const { length } = command.positionals
    const least = command.positionals.filter(({ arity }) => arity === "one").length
    const most = command.positionals.some(({ arity }) => arity === "rest") ? Infinity : length
    if (positionals.length < least || positionals.length > most) return null
    return { command, positionals, options: values as ParsedArgv["options"] }
  } catch {
    return null
  }
}

const widened = ([name, option]: [string, Command["options"][string]]) => [name, option] as const
