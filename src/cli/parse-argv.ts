/**
 * Takes a command line apart: which command it names, the command's words and its options.
 *
 * `node:util` reads the words, not yargs: yargs takes 50 ms to load, and what it refuses it describes in prose alone.
 * It writes the help and completes words (`help.ts`).
 */
import { parseArgs, type ParseArgsConfig } from "node:util"
import { emptyRecord, own } from "../support/own.ts"
import { didYouMean, type Problem, usage } from "../support/problem.ts"
import { type Command, commandWords, globalOptions, type Option, type Options } from "./command.ts"
import type { ParsedArgv } from "./argv.ts"

/** The words that ask for help, a completion or the version. */
export interface HelpRequest {
  readonly help: ReadonlyArray<string>
}

/** @throws {Problem} no such command or option, or an option without its value */
export function parseArgv(
  commands: ReadonlyArray<Command>,
  argv: ReadonlyArray<string>
): ParsedArgv | HelpRequest {
  // options may stand before the command, so those of all commands are known when it is looked for
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
  if (first === undefined) throw usage("no command is given", null, "probeline --help lists them")
  const group = first.value
  if (!commands.some((one) => one.group?.name === group)) throw unknownCommand(group, commands)
  if (words.length > 1) throw unknownCommand(`${group} ${words[1]!.value}`, commands)
  if (tokens.some((token) => token.kind === "option" && token.name === "json"))
    throw usage(`no command of ${group} is given`, null, `probeline ${group} --help lists them`)
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

/** Null for a flag that is switched off. */
function valueOf(option: Option, { rawName, value, inlineValue }: OptionToken): string | true | null {
  if (option.kind === "flag") {
    if (value === undefined || value === "true") return true
    if (value === "false") return null
    throw usage(`${rawName} takes no value, got "${value}"`, rawName, option.doc)
  }
  // what looks like an option is one
  if (value === undefined || (!inlineValue && /^-./.test(value)))
    throw usage(`${rawName} wants a value`, rawName, option.doc)
  return value
}

type Token = NonNullable<ReturnType<typeof parseArgs<{ tokens: true; strict: false }>>["tokens"]>[number]
type OptionToken = Extract<Token, { readonly kind: "option" }>

/** What `node:util` sees in the words; an option that it does not know is a flag to it. */
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

/** Names that are kept for commands and options to come. */
export const reservedCommands: ReadonlyArray<string> = ["diff", "report", "init"]
const reservedOptions = new Set(["--executor"])

function unknownOption(flag: string, known: Options, command: Command | null): Problem {
  if (reservedOptions.has(flag))
    return usage(`${flag} is not there yet`, flag, "it is a name that is kept for a later version")
  const names = [...Object.keys(known), "help", "version"].map((name) => `--${name}`)
  return usage(
    `there is no option ${flag}${command === null ? "" : ` of ${command.name}`}`,
    flag,
    didYouMean(flag, names) ??
      (command === null ? "probeline --help lists the commands" : `probeline ${command.name} --help`)
  )
}

function unknownCommand(word: string, commands: ReadonlyArray<Command>): Problem {
  if (reservedCommands.includes(word))
    return usage(`${word} is not there yet`, word, "it is a name that is kept for a later version")
  const named = commands.flatMap(({ name, group }) => (group === undefined ? [name] : [group.name, name]))
  const names = [...new Set(named), ...reservedCommands, "completion"]
  const group = commands.find(
    (command) => command.group !== undefined && word.startsWith(`${command.group.name} `)
  )?.group
  if (group === undefined)
    return usage(
      `there is no command "${word}"`,
      word,
      didYouMean(word, names) ?? "probeline --help lists them"
    )
  // its first word is right: only the second is compared
  const second = (name: string) => name.slice(group.name.length + 1)
  const own = commands.filter((command) => command.group?.name === group.name).map(({ name }) => second(name))
  const near = didYouMean(second(word), own)
  return usage(
    `there is no command "${word}"`,
    word,
    near?.replace('"', `"${group.name} `) ?? `${group.name} has ${own.join(", ")}`
  )
}
