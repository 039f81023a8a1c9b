/** Converts parsed arguments to the values that a command's function takes. */
import { emptyRecord } from "../support/own.ts"
import { didYouMean, Problem, usage } from "../support/problem.ts"
import { type Command, globalOptions, type Option, type Positional, usageOf } from "./command.ts"

/** A parsed command line. */
export interface ParsedArgv {
  readonly command: Command
  readonly positionals: ReadonlyArray<string>
  /** by option name: the values in order; `true` for a flag */
  readonly options: Readonly<Record<string, ReadonlyArray<string | true>>>
}
export interface Globals {
  readonly store: string | null
  readonly json: boolean
  readonly debug: boolean
}

/** Checks the arguments and returns the values by name. */
export function readArgv({ command, positionals, options }: ParsedArgv): {
  readonly args: Readonly<Record<string, unknown>>
  readonly globals: Globals
} {
  const args = emptyRecord<unknown>()
  for (const [name, option] of Object.entries(command.options))
    args[name] = readOption(name, option, options[name] ?? [])
  let at = 0
  for (const positional of command.positionals) {
    const { name, arity } = positional
    if (arity === "rest") args[name] = positionals.slice(at)
    else args[name] = positionals[at] ?? null
    if (arity === "one" && args[name] === null) throw missing(command, positional)
    at = arity === "rest" ? positionals.length : at + 1
  }
  if (positionals.includes(""))
    throw usage("empty argument", null, `probeline ${usageOf(command)}: is a shell variable unset?`)
  if (at < positionals.length)
    throw usage(`unexpected argument: ${positionals[at]}`, null, `probeline ${usageOf(command)}`)
  const globals = Object.fromEntries(
    Object.entries(globalOptions).map(([name, option]) => [
      name,
      readOption(name, option, options[name] ?? [])
    ])
  )
  return { args, globals: globals as unknown as Globals }
}

const missing = (command: Command, { name, doc }: Positional): Problem =>
  usage(`missing argument: <${name}>, ${doc}`, name, `probeline ${usageOf(command)}`)

function readOption(name: string, option: Option, given: ReadonlyArray<string | true>): unknown {
  if (option.kind === "flag") return given.length > 0
  const texts = given.map((value) => {
    if (value === true || value === "") throw usage(`--${name} needs a value`, `--${name}`, option.doc)
    return value
  })
  if (option.kind === "texts") return texts
  if (texts.length > 1) throw usage(`--${name} given ${texts.length} times`, `--${name}`, "give it once")
  const text = texts[0]
  if (text === undefined) return null
  switch (option.kind) {
    case "count": {
      const value = Number(text)
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
        throw usage(`--${name}: expected a whole number from 1, got "${text}"`, `--${name}`, option.doc)
      return value
    }
    case "choice":
      if (!option.of.includes(text))
        throw usage(
          `--${name}: expected one of ${option.of.join(", ")}, got "${text}"`,
          `--${name}`,
          didYouMean(text, option.of)
        )
      return text
    default:
      return text
  }
}
