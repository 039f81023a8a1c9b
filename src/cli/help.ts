/** Help, completion and version, by yargs, which is loaded only for them. */
import yargs, { type Argv, type Options as YargsOptions } from "yargs"
import { type Command, globalOptions, type Options, usageOf } from "./command.ts"

/** Prints the requested help, completion or version on stdout. */
export async function printHelp(
  commands: ReadonlyArray<Command>,
  argv: ReadonlyArray<string>,
  version: string,
  width: number
): Promise<void> {
  const parser = yargs([...argv])
    .scriptName("probeline")
    .usage("$0 <command>\n\nDeclare, resume and compare experiments on vision encoders.")
    .locale("en")
    .parserConfiguration({ "boolean-negation": false })
    .version(version)
    .help()
    .alias("help", "h")
    .options(yargsOptions(globalOptions))
    .group([...Object.keys(globalOptions), "help", "version"], "Global options:")
    .completion("completion", "print a completion script for bash or zsh")
    .wrap(Math.max(60, Math.min(width, 110)))
    .exitProcess(false)
    .epilogue("Run probeline <command> --help for its options and examples.")
    .fail(false)
  const groups = new Set<string>()
  const all = commands.reduce((to, command) => {
    const { group } = command
    if (group === undefined) return withCommand(to, command)
    if (groups.has(group.name)) return to
    groups.add(group.name)
    const own = commands.filter((other) => other.group?.name === group.name)
    return to.command({
      command: group.name,
      describe: group.doc,
      builder: (within: Argv) =>
        own.reduce(withCommand, within.usage(`$0 ${group.name} <command>\n\n${group.doc}`)),
      handler: () => {}
    })
  }, parser as Argv)
  await all.parseAsync()
}

const withCommand = (to: Argv, command: Command): Argv =>
  to.command({
    command: usageOf(command).slice(command.group === undefined ? 0 : command.group.name.length + 1),
    describe: command.doc,
    builder: (own: Argv) => declared(own, command),
    handler: () => {}
  })

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
        ...(option.kind === "choice" ? { choices: [...option.of] } : {})
      } satisfies YargsOptions
    ])
  )

const describe = (option: Options[string]): string =>
  `${"value" in option ? `${option.value}: ` : ""}${option.doc}${option.kind === "texts" ? " (repeatable)" : ""}`
