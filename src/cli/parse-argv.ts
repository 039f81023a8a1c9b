/**
 * Parses a command line into the command, its positionals and its options.
 *
 * It uses `node:util` rather than yargs, which takes 50 ms to load and reports errors only as prose. Yargs prints the
 * help and completions (`help.ts`).
 */
import { parseArgs, type ParseArgsConfig } from "node:util"
import { emptyRecord, own } from "../support/own.ts"
import { didYouMean, type Problem, usage } from "../support/problem.ts"
import { type Command, commandWords, globalOptions, type Option, type Options } from "./command.ts"
import type { ParsedArgv } from "./argv.ts"

/** Arguments that ask for help, a completion or the version. */
export interface HelpRequest {
  readonly help: ReadonlyArray<string>
}

/** @throws {Problem} no such command or option, or an option without its value */
export function parseArgv(
  commands: ReadonlyArray<Command>,
  argv: ReadonlyArray<string>
): ParsedArgv | HelpRequest {
  // options may precede the command, so the options of all commands are needed to find it
  const all: Options = Object.fromEntries(
    [...commands.map(({ options }) => options), globalOptions].flatMap((options) => Object.entries(options))
  )
  const tokens = tokensOf(argv, all)
  if (tokens.some(asksForHelp)) return { help: argv }
  const words = tokens.filter((token) => token.kind === "positional")
  const [first] = words
  if (first?.value === "completion") return { help: argv }
  const command = commands.find((one) => commandWords(one).every((word, i) => words[i]?.value === word))
  if (command !== undefined) {
    const named = new Set(commandWords(command).map((_, i) => words[i]!.index))
    return readTokens(
      command,
      argv.filter((_, i) => !named.has(i))
    )
  }
  const stray = tokens.find((token) => token.kind === "option" && own(all, token.name) === undefined)
  if (stray?.kind === "option" && stray.index < (first?.index ?? Infinity))
    throw unknownOption(stray.rawName, all, null)
  if (first === undefined) throw usage("no command given", null, "probeline --help lists them")
  const group = first.value
  if (!commands.some((one) => one.group?.name === group)) throw unknownCommand(group, commands)
  if (words.length > 1) throw unknownCommand(`${group} ${words[1]!.value}`, commands)
  if (tokens.some((token) => token.kind === "option" && token.name === "json"))
    throw usage(`no ${group} command given`, null, `probeline ${group} --help lists them`)
  return { help: [group, "--help"] }
}

function readTokens(command: Command, argv: ReadonlyArray<string>): ParsedArgv {
  const known: Options = { ...command.options, ...globalOptions }
  const positionals: Array<string> = []
  const options = emptyRecord<Array<string | true>>()
  for (const token of tokensOf(argv, known)) {
    if (token.kind === "positional") positionals.push(token.value)
    if (token.kind !== "option") continue
    const option = own(known, token.name)
    if (option === undefined) throw unknownOption(token.rawName, known, command)
    const value = valueOf(option, token)
    if (value !== null) (options[token.name] ??= []).push(value)
  }
  return { command, positionals, options }
}

/** Null for a flag set to false. */
function valueOf(option: Option, { rawName, value, inlineValue }: OptionToken): string | true | null {
  if (option.kind === "flag") {
    if (value === undefined || value === "true") return true
    if (value === "false") return null
    throw usage(`${rawName} takes no value, got "${value}"`, rawName, option.doc)
  }
  // anything that looks like an option is an option
  if (value === undefined || (!inlineValue && /^-./.test(value)))
    throw usage(`${rawName} needs a value`, rawName, option.doc)
  return value
}

type Token = NonNullable<ReturnType<typeof parseArgs<{ tokens: true; strict: false }>>["tokens"]>[number]
type OptionToken = Extract<Token, { readonly kind: "option" }>

/** The tokens that `node:util` finds; it takes unknown options for flags. */
function tokensOf(argv: ReadonlyArray<string>, options: Options): ReadonlyArray<Token> {
  const declared = Object.entries(options).map(([name, { kind, alias }]) => [
    name,
    { type: kind === "flag" ? "boolean" : "string", ...(alias === undefined ? {} : { short: alias }) }
  ])
  const config = Object.fromEntries([...declared, ["help", { type: "boolean", short: "h" }]]) as NonNullable<
    ParseArgsConfig["options"]
  >
  return parseArgs({ args: argv, options: config, strict: false, tokens: true }).tokens
}

const helpOptions = new Set(["help", "version", "get-yargs-completions"])
const asksForHelp = (token: Token): boolean =>
  token.kind === "option" &&
  (helpOptions.has(token.name) || (!token.inlineValue && /^(-h|--help)$/.test(token.value ?? "")))

/** Names reserved for future commands and options. */
export const reservedCommands: ReadonlyArray<string> = ["ui", "init"]
const reservedOptions = new Set(["--executor"])

function unknownOption(flag: string, known: Options, command: Command | null): Problem {
  if (reservedOptions.has(flag))
    return usage(`${flag} is not available yet`, flag, "the name is reserved for a later version")
  const names = [...Object.keys(known), "help", "version"].map((name) => `--${name}`)
  return usage(
    `unknown option${command === null ? "" : ` for ${command.name}`}: ${flag}`,
    flag,
    didYouMean(flag, names) ??
      (command === null ? "probeline --help lists the commands" : `probeline ${command.name} --help`)
  )
}

function unknownCommand(word: string, commands: ReadonlyArray<Command>): Problem {
  if (reservedCommands.includes(word))
    return usage(`${word} is not available yet`, word, "the name is reserved for a later version")
  const named = commands.flatMap(({ name, group }) => (group === undefined ? [name] : [group.name, name]))
  const names = [...new Set(named), ...reservedCommands, "completion"]
  const group = commands.find(
    (command) => command.group !== undefined && word.startsWith(`${command.group.name} `)
  )?.group
  if (group === undefined)
    return usage(`unknown command: ${word}`, word, didYouMean(word, names) ?? "probeline --help lists them")
  // the group is right: compare only the second word
  const second = (name: string) => name.slice(group.name.length + 1)
  const own = commands.filter((command) => command.group?.name === group.name).map(({ name }) => second(name))
  const near = didYouMean(second(word), own)
  return usage(
    `unknown command: ${word}`,
    word,
    near?.replace('"', `"${group.name} `) ?? `${group.name} has ${own.join(", ")}`
  )
}
