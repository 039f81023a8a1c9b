import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { describe, expect, it, vi } from "vitest"
import type { Command } from "../../../src/cli/command.ts"
import { runsCommand } from "../../../src/cli/runs.ts"
import { memoryOutput } from "../../../src/cli/output.ts"
import { commandsOf } from "../../../src/cli/stage-commands.ts"
import { type Answer, defineStageCommand, type StageCommandContext } from "../../../src/pipeline/command.ts"
import { linesOf } from "./command-lines.ts"
import { Problem } from "../../../src/support/problem.ts"

/** What the command does; tests set it. */
let act: (args: any, context: StageCommandContext) => Promise<Answer>
const weigh = defineStageCommand({
  name: "weigh",
  doc: "how heavy it is",
  positionals: [{ name: "what", arity: "one", doc: "a thing" }],
  options: {
    unit: { kind: "choice", of: ["g", "kg"], doc: "default: grams" },
    all: { kind: "flag", alias: "a", doc: "its parts too" }
  },
  examples: [["scales weigh apple", "in grams"]],
  run: (args, context) => act(args, context)
})
const reset = defineStageCommand({
  name: "reset",
  doc: "back to nought",
  positionals: [],
  options: {},
  examples: [["scales reset", "nought"]],
  run: (args, context) => act(args, context)
})
const commands: ReadonlyArray<Command> = [
  runsCommand,
  ...commandsOf({ name: "scales", doc: "scales for things", commands: [weigh, reset] })
]

const { parsed, values, refused, help } = linesOf(commands)

describe("commands behind a word of their own", () => {
  it("are named by two words, with options anywhere", () => {
    for (const line of [
      "scales weigh apple --unit kg -a --json",
      "--json scales weigh apple -a --unit=kg",
      "-a scales --json weigh --unit kg apple"
    ]) {
      expect(parsed(line).command.name, line).toBe("scales weigh")
      expect(values(line).args, line).toMatchObject({ what: "apple", unit: "kg", all: true })
      expect(values(line).globals.json, line).toBe(true)
    }
    expect(parsed("scales reset").command.name).toBe("scales reset")
  })

  it.each([
    ["scales wiegh apple", "unknown command: scales wiegh", 'did you mean "scales weigh"'],
    ["scale weigh apple", "unknown command: scale", 'did you mean "scales"'],
    ["weigh apple", "unknown command: weigh", ""],
    ["scales abc", "unknown command: scales abc", "scales has weigh, reset"],
    ["scales frobnicate", "unknown command: scales frobnicate", "scales has weigh, reset"],
    ["scales weigh", "missing argument: <what>, a thing", "probeline scales weigh <what>"],
    ["scales weigh a b", "unexpected argument: b", "probeline scales weigh <what>"],
    ["scales weigh a --al", "unknown option for scales weigh: --al", 'did you mean "--all"'],
    ["scales weigh a --unit t", "expected one of g, kg", ""],
    ["scales --json", "no scales command given", "probeline scales --help lists them"]
  ])("says what is wrong with: %s", (line, message, hint) => {
    const problem = refused(line)
    expect(problem).toMatchObject({ _tag: "Usage", exitCode: 2 })
    expect(problem.message).toContain(message)
    expect(problem.hint ?? "").toContain(hint)
  })

  describe("help", () => {
    it("of all commands names the group, not what is behind it", async () => {
      const all = await help("--help")
      expect(all).toContain("scales for things")
      expect(all).not.toContain("back to nought")
    })
    it.each(["scales", "scales --help"])("lists the group's commands: %s", async (line) => {
      const own = await help(line)
      for (const text of ["scales weigh <what>", "how heavy it is", "scales reset", "scales for things"])
        expect(own).toContain(text)
      expect(own).not.toContain("list the runs")
    })
    it("of one of them has its options and examples", async () => {
      const own = await help("scales weigh --help")
      for (const text of ["--unit", "default: grams", "probeline scales weigh apple"])
        expect(own).toContain(text)
    })
  })
})

describe("an answer", () => {
  const run = (line: string, output = memoryOutput()) => {
    const { args, globals } = values(line)
    const effect = parsed(line).command.run(args, {
      output,
      json: globals.json,
      debug: false,
      store: "store",
      version: "test",
      worker: new URL("file:///worker.js"),
      now: () => new Date(0)
    })
    return { effect, output }
  }
  const answer: Answer = {
    json: { grams: 150 },
    text: ({ table }) => table(["thing", "g"], [["apple", 150]]),
    exitCode: 1
  }

  it("is one JSON document under --json, and text without; its exit code is the command's", async () => {
    const seen: Array<unknown> = []
    act = async (args) => {
      seen.push(args)
      return answer
    }
    const json = run("scales weigh apple --json")
    expect(await Effect.runPromise(json.effect)).toBe(1)
    expect(json.output.stdout()).toBe('{"grams":150}')
    const text = run("scales weigh apple --unit kg")
    await Effect.runPromise(text.effect)
    expect(text.output.stdout()).toMatch(/thing +g\n +apple +150/)
    expect(seen).toEqual([
      { what: "apple", unit: null, all: false },
      { what: "apple", unit: "kg", all: false }
    ])
  })

  it("is 0 where nothing is said, and what is logged goes to stderr", async () => {
    act = async (_, { log }) => {
      log("half\nway")
      return { json: null, text: () => "done" }
    }
    const { effect, output } = run("scales reset")
    expect(await Effect.runPromise(effect)).toBe(0)
    expect(output.stdout()).toBe("done")
    expect(output.stderr()).toBe("half ⏎ way")
  })

  it("a problem is the command's failure, any other error a defect", async () => {
    act = async () => {
      throw new Problem("InputInvalid", "no apple")
    }
    const failed = await Effect.runPromiseExit(run("scales reset").effect)
    expect(Exit.findErrorOption(failed)).toMatchObject({ value: { _tag: "InputInvalid", exitCode: 2 } })
    act = async () => {
      throw new TypeError("oops")
    }
    const died = await Effect.runPromiseExit(run("scales reset").effect)
    expect(Exit.hasDies(died)).toBe(true)
  })

  it("Ctrl-C aborts the command's signal", async () => {
    let given: AbortSignal | null = null
    act = (_, { signal }) => {
      given = signal
      return new Promise(() => {})
    }
    const fiber = Effect.runFork(run("scales reset").effect)
    await vi.waitFor(() => expect(given).not.toBeNull())
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(given!.aborted).toBe(true)
  })

  it("writes files whole, and over none without being told so", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-commands-"))
    const file = path.join(folder, "new", "x.txt")
    const write = (overwrite: boolean, text: string) => {
      act = async (_, { writeFile }) => {
        const bytes = await writeFile(file, overwrite, (out) => out.write(Buffer.from(text)))
        return { json: bytes, text: () => "" }
      }
      return Effect.runPromise(run("scales reset").effect)
    }
    await write(false, "one")
    await expect(write(false, "two")).rejects.toMatchObject({
      _tag: "Usage",
      hint: "--overwrite replaces it"
    })
    expect(fs.readFileSync(file, "utf8")).toBe("one")
    await write(true, "two")
    expect(fs.readFileSync(file, "utf8")).toBe("two")
    expect(fs.readdirSync(path.dirname(file))).toEqual(["x.txt"])
    act = async (_, { writeFile }) => {
      await writeFile(path.join(file, "below.txt"), false, () => {})
      return answer
    }
    await expect(Effect.runPromise(run("scales reset").effect)).rejects.toMatchObject({
      _tag: "StoreWriteFailed",
      message: expect.stringMatching(/^cannot write .*below\.txt: /)
    })
    fs.rmSync(folder, { recursive: true })
  })
})
