/** The command line: parses the arguments, runs the command until it ends or a signal arrives, and reports failures. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isProblem } from "../support/problem.ts"
import type { Stopped } from "../store/records/run-record.ts"
import type { Command, CommandContext } from "./command.ts"
import { exitCodeOf, failureJson, failureText } from "./failure.ts"
import { guardProcess } from "./guard-process.ts"
import { type CommandOutput, processOutput } from "./output.ts"
import { readArgv, type ParsedArgv } from "./argv.ts"
import { parseArgv } from "./parse-argv.ts"
import type { Fetcher } from "../pipeline/world.ts"

export interface Installed {
  readonly commands: ReadonlyArray<Command>
  readonly version: string
  /** entry point of worker processes */
  readonly worker: URL
  /** fetchers that download what stages need, by name */
  readonly fetchers?: Readonly<Record<string, Fetcher>>
}

/** Resolves to the exit code once all output is flushed. */
export async function commandLine(argv: ReadonlyArray<string>, installed: Installed): Promise<number> {
  const output = processOutput()
  const look = { json: argv.includes("--json"), debug: argv.includes("--debug") }
  const fail = (error: unknown) => reportFailure(error, output, look)
  let code: number
  try {
    const parsed = parseArgv(installed.commands, argv)
    code =
      "help" in parsed
        ? await help(parsed.help, installed, output)
        : await execute(parsed, installed, output, fail)
  } catch (error) {
    code = fail(error)
  }
  const unwritten = await output.flushed()
  if (unwritten === null) return code
  const failed = fail(unwritten)
  return code === 0 ? failed : code
}

async function help(
  argv: ReadonlyArray<string>,
  { commands, version }: Installed,
  output: CommandOutput
): Promise<number> {
  const { printHelp } = await import("./help.ts")
  await printHelp(commands, argv, version, output.width)
  return 0
}

async function execute(
  parsed: ParsedArgv,
  { version, worker, fetchers = {} }: Installed,
  output: CommandOutput,
  fail: (error: unknown) => number
): Promise<number> {
  const { args, globals } = readArgv(parsed)
  const environment = process.env["PROBELINE_STORE"]
  const stray = { came: false, error: undefined as unknown }
  let signal: StopSignal | null = null
  const context: CommandContext = {
    // a command stopped by a stray error has no results
    output: { ...output, out: (text) => (stray.came ? undefined : output.out(text)) },
    json: globals.json,
    debug: globals.debug,
    store: globals.store ?? (environment === undefined || environment === "" ? "artifacts" : environment),
    version,
    worker,
    fetchers,
    now: () => new Date(),
    stopped: () => (stray.came ? stoppedBy(stray.error) : signal === null ? null : stoppedBySignal(signal))
  }
  const end = (code: number): never => {
    unguard()
    process.exit(code)
  }
  const unguard = guardProcess({
    end: fail,
    stop: (error) => {
      if (stray.came) end(fail(stray.error))
      Object.assign(stray, { came: true, error })
      // first let the run stop its workers and record why it stopped
      setTimeout(() => end(fail(error)), graceMs).unref()
      fiber.interruptUnsafe()
    }
  })
  const fiber = Effect.runFork(parsed.command.run(args, context), {
    uninterruptible: parsed.command.finishes === true
  })
  const signals = watchSignals((came) => {
    signal = came
    fiber.interruptUnsafe()
  }, end)
  const exit = await new Promise<Exit.Exit<number, unknown>>((resolve) => void fiber.addObserver(resolve))
  const signalled = signals.code()
  signals.stop()
  unguard()
  if (stray.came) return fail(stray.error)
  // a signal after the command finished stopped nothing, as the run's record also says
  if (Exit.isSuccess(exit)) return exit.value
  if (signalled !== null && Cause.hasInterruptsOnly(exit.cause)) return signalled
  return fail(Cause.squash(exit.cause))
}

const stoppedBySignal = (signal: StopSignal): Stopped => ({ reason: `received ${signal}`, hint: null })
const stoppedBy = (error: unknown): Stopped => ({
  reason: error instanceof Error ? error.message : String(error),
  hint: isProblem(error) ? error.hint : null
})

function reportFailure(
  error: unknown,
  output: CommandOutput,
  { json, debug }: { readonly json: boolean; readonly debug: boolean }
): number {
  output.err(failureText(error, { paint: output.errPaint, debug }))
  if (json) output.out(JSON.stringify(failureJson(error)))
  return exitCodeOf(error)
}

/**
 * The first signal asks the command to stop and clean up; the second ends the process at once.
 *
 * Exit codes are 128 + the signal number, as in a shell.
 */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

type StopSignal = keyof typeof codes

/** Time that a command has to clean up. */
const graceMs = 2000

interface Signals {
  /** the exit code for the received signal, or null */
  readonly code: () => number | null
  readonly stop: () => void
}

/** `onFirst` is called once; a clean-up that hangs is cut off. */
function watchSignals(onFirst: (signal: StopSignal) => void, end: (code: number) => void): Signals {
  let code: number | null = null
  let timer: NodeJS.Timeout | null = null
  const listeners = Object.entries(codes).map(([signal, its]) => {
    const listener = () => {
      if (code !== null) return end(code)
      code = its
      timer = setTimeout(() => end(its), graceMs)
      onFirst(signal as StopSignal)
    }
    process.on(signal as StopSignal, listener)
    return () => process.off(signal as StopSignal, listener)
  })
  return {
    code: () => code,
    stop() {
      if (timer !== null) clearTimeout(timer)
      for (const off of listeners) off()
    }
  }
}
