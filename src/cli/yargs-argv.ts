/** The full reader of the command line: yargs, for help, completion, and for saying what is wrong. */
import { emptyRecord } from "../support/own.ts"
import yargs, { type Argv, type Options as YargsOptions } from "yargs"
import { didYouMean, Problem, usage } from "../support/problem.ts"
import { type Command, globalOptions, commandWords, type Options, usageOf } from "./command.ts"
import { missingWord, type ParsedArgv } from "./argv.ts"

/** Null where yargs has answered by itself (help, version, completion). */
export async function yargsArgv(
  commands: ReadonlyArray<Command>,
  argv: ReadonlyArray<string>,
  version: string,
  width: number
): Promise<ParsedArgv | null> {
  let words: ParsedArgv | null = null
  let parser = yargs([...argv])
    .scriptName("probeline")
    .usage("$0 <command>\n\nDeclare experiments on vision encoders, resume them, and read what they made.")
    .locale("en")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "duplicate-arguments-array": true,
      "greedy-arrays": false,
      "strip-aliased": true
    })
    .version(version)
    .help()
    .alias("help", "h")
    .options(yargsOptions(globalOptions))
    .group([...Object.keys(globalOptions), "help", "version"], "Every command:")
    .strictOptions()
    .completion("completion", "print a script that completes commands in bash or zsh")
    .wrap(Math.max(60, Math.min(width, 110)))
    .exitProcess(false)
    .epilogue("probeline <command> --help has the command's options, and examples.")
    .fail((message: string, error: Error | undefined) => {
      throw error instanceof Problem ? error : refusal(message ?? String(error), commands, argv)
    })
  const add = (to: Argv, command: Command): Argv =>
    to.command({
      command: usageOf(command).slice(command.group === undefined ? 0 : command.group.name.length + 1),
      describe: command.doc,
      builder: (own: Argv) => declared(own, command),
      handler: (parsed) => {
        words = wordsOf(command, parsed as Readonly<Record<string, unknown>>)
      }
    })
  const groups = new Set<string>()
  for (const command of commands) {
    const { group } = command
    if (group === undefined) parser = add(parser, command)
    else if (!groups.has(group.name)) {
      groups.add(group.name)
      const own = commands.filter((other) => other.group?.name === group.name)
      parser = parser.command({
        command: group.name,
        describe: group.doc,
        builder: (within: Argv) =>
          own.reduce(add, within.usage(`$0 ${group.name} <command>\n\n${group.doc}`)),
        // no command of the group's was named
        handler: () => {}
      })
    }
  }
  const parsed = await parser.parseAsync()
  if (words !== null) return words
  const asked = parsed as Readonly<Record<string, unknown>>
  if (asked["help"] === true || asked["version"] === true || asked["get-yargs-completions"] !== undefined)
    return null
  const [word = "", second] = (parsed._ as ReadonlyArray<unknown>).map(String)
  if (word === "completion") return null
  if (word === "") throw usage("no command is given", null, "probeline --help lists them")
  if (!groups.has(word)) throw unknownCommand(word, commands)
  if (second !== undefined) throw unknownCommand(`${word} ${second}`, commands)
  if (asked["json"] === true)
    throw usage(`no command of ${word} is given`, null, `probeline ${word} --help lists them`)
  return yargsArgv(commands, [word, "--help"], version, width)
}

function declared(own: Argv, command: Command): Argv {
  let parser = own.options(yargsOptions(command.options)).epilogue("")
  for (const { name, doc, arity } of command.positionals)
    parser = parser.positional(name, { type: "string", describe: doc, array: arity === "rest" })
  for (const [words, doc] of command.examples) parser = parser.example(`$0 ${words}`, doc)
  return parser
}

const yargsOptions = (options: Options): Record<string, YargsOptions> =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: option.kind === "flag" ? "boolean" : "string",
        describe: describe(option),
        ...(option.alias === undefined ? {} : { alias: option.alias }),
        ...(option.kind === "choice" ? { choices: [...option.of] } : {}),
        ...(option.kind === "flag" ? {} : { requiresArg: true })
      } satisfies YargsOptions
    ])
  )

const describe = (option: Options[string]): string =>
  `${"value" in option ? `${option.value}: ` : ""}${option.doc}${option.kind === "texts" ? " (repeatable)" : ""}`

function wordsOf(command: Command, parsed: Readonly<Record<string, unknown>>): ParsedArgv {
  const list = (value: unknown): ReadonlyArray<unknown> =>
    value === undefined ? [] : Array.isArray(value) ? value : [value]
  const options = emptyRecord<ReadonlyArray<string | true>>()
  for (const [name, { kind }] of Object.entries<Options[string]>({ ...command.options, ...globalOptions })) {
    const given = list(parsed[name])
    const values = kind === "flag" ? given.filter((value) => value === true) : given.map(String)
    if (values.length > 0) options[name] = values as ReadonlyArray<string | true>
  }
  const positionals = command.positionals.flatMap(({ name }) => list(parsed[name])).map(String)
  // yargs leaves the words of the command's name, and words that found no place, in `_`
  const spare = (parsed["_"] as ReadonlyArray<unknown>).slice(commandWords(command).length).map(String)
  return { command, positionals: [...positionals, ...spare], options }
}

/** What yargs refuses, in our words. */
function refusal(message: string, commands: ReadonlyArray<Command>, argv: ReadonlyArray<string>): Problem {
  const command = commands.find((one) => commandWords(one).every((word) => argv.includes(word)))
  const hint =
    command === undefined ? "probeline --help lists the commands" : `probeline ${command.name} --help`
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(", ")[0]
  if (unknown !== undefined) {
    const flag = unknown.length === 1 ? `-${unknown}` : `--${unknown}`
    if (reservedOptions.includes(unknown))
      return usage(`${flag} is not there yet`, flag, "it is a name that is kept for a later version")
    const known = Object.keys({ ...command?.options, ...globalOptions, help: null, version: null })
    return usage(
      `there is no option ${flag}${command === undefined ? "" : ` of ${command.name}`}`,
      flag,
      didYouMean(
        flag,
        known.map((name) => `--${name}`)
      ) ?? hint
    )
  }
  const counts = /^Not enough non-option arguments: got (\d+), need at least (\d+)/.exec(message)
  if (counts !== null && command !== undefined) {
    const needed = command.positionals.filter(({ arity }) => arity === "one")
    const first = needed.at(Number(counts[1]) - Number(counts[2]))
    if (first !== undefined) return missingWord(command, first)
  }
  const missing = /^Not enough arguments following: (.*)$/.exec(message)?.[1]
  if (missing !== undefined)
    return usage(`${missing.length === 1 ? "-" : "--"}${missing} wants a value`, null, hint)
  const lines = message.split("\n").map((line) => line.trim())
  return usage(lines.slice(0, 2).join(" "), null, hint)
}

export function unknownCommand(word: string, commands: ReadonlyArray<Command>): Problem {
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

/** Names that are kept for commands and options to come. */
export const reservedCommands: ReadonlyArray<string> = ["diff", "report", "init"]

const reservedOptions: ReadonlyArray<string> = ["executor"]
