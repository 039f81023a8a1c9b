import { afterEach, describe, expect, it, vi } from "vitest"
import { ownCommands } from "../../../src/cli/commands.ts"
import { plainArgv } from "../../../src/cli/plain-argv.ts"
import { readersOf } from "./readers.ts"
import { reservedCommands } from "../../../src/cli/yargs-argv.ts"

const { full, values, refused, expectAgreement } = readersOf(ownCommands)

describe("the two readers of the command line agree", () => {
  it.each([
    "run p.ts",
    "run p.ts probes/vit measures",
    "run p.ts -n -k --retry-failed --no-lock-wait",
    "run p.ts -nk",
    "run p.ts -j4",
    "run p.ts --jobs=4 -S seed=8 -S name=a,b=c --set x=",
    "run -S seed=8 p.ts 12 -f probes/vit --force measures",
    "run p.ts -f 12 -S 1=0x10 007 1e3",
    "run --store /tmp/x --json p.ts --debug -- a b",
    "status p.ts --check",
    "why p.ts a.b c.d",
    "dag p.ts --format mermaid",
    "runs --limit 3",
    "show @1:probes/vit",
    "export latest:a -o a.npy --tap final.norm --overwrite"
  ])("%s", expectAgreement)
})

it("reads options by their kind", async () => {
  expect((await values("run p.ts a b -j 4 -S x=1 -S y=2 --json")).args).toEqual({
    pipeline: "p.ts",
    node: ["a", "b"],
    "dry-run": false,
    jobs: 4,
    "keep-going": false,
    force: [],
    set: ["x=1", "y=2"],
    "retry-failed": false,
    "no-lock-wait": false
  })
  expect((await values("show latest --store S")).globals).toEqual({ store: "S", json: false, debug: false })
  expect((await values("--json --store S show latest")).globals.json).toBe(true)
})

it("leaves all that is not plain to yargs", () => {
  for (const line of [
    "--help",
    "run --help",
    "run p.ts -h",
    "",
    "rum p.ts",
    "run",
    "run p.ts --jbos 4",
    "status a b"
  ])
    expect(plainArgv(ownCommands, line.split(" "))).toBeNull()
})

describe("what is wrong is said, with exit code 2 and what was meant", () => {
  it.each([
    ["stauts p.ts", 'no command "stauts"', 'did you mean "status"'],
    ["frobnicate", 'no command "frobnicate"', "probeline --help"],
    ["run p.ts --dry-rum", "no option --dry-rum of run", 'did you mean "--dry-run"'],
    ["run p.ts -x", "no option -x", "probeline run --help"],
    ["run", "a word is missing: <pipeline>, ", "run <pipeline> [node..]"],
    ["why", "a word is missing: <pipeline>, ", "why <pipeline> <node> [item]"],
    ["why p.ts", "a word is missing: <node>, ", "why <pipeline> <node> [item]"],
    ["status a b", 'no place for "b"', "status <pipeline>"],
    ["run p.ts -j 0", 'expected a whole number from 1, got "0"', "tasks at a time"],
    ["run p.ts -j 2 -j 3", "--jobs is given 2 times", "once"],
    ["run p.ts -j", "wants a value|Not enough arguments", ""],
    ["dag p.ts --format mermiad", "expected one of text, mermaid, dot, json", 'did you mean "mermaid"'],
    ["run p.ts --executor slurm", "--executor is not there yet", "later"]
  ])("%s", async (line, message, hint) => {
    const problem = await refused(line)
    expect(problem._tag).toBe("Usage")
    expect(problem.message).toMatch(new RegExp(message.replaceAll("[", "\\[")))
    expect(problem.hint ?? "").toContain(hint)
  })

  it("keeps the names of commands to come", async () => {
    for (const name of reservedCommands)
      expect((await refused(`${name} x`)).message).toBe(`${name} is not there yet`)
  })
})

describe("help", () => {
  afterEach(() => vi.restoreAllMocks())
  const printed = async (line: string) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {})
    expect(await full(line)).toBeNull()
    return log.mock.calls.flat().join("\n")
  }

  it("lists the commands, and every command's options and examples", async () => {
    const all = await printed("--help")
    for (const command of ownCommands) {
      expect(all).toContain(command.doc)
      const own = await printed(`${command.name} --help`)
      for (const name of Object.keys(command.options)) expect(own).toContain(`--${name}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const [words] of command.examples) expect(own.replace(/\s+/g, " ")).toContain(words.split(" ")[0])
    }
  })
  it("promises what there is: no command that is to come is among what Probeline is for", async () => {
    const [, purpose = ""] = (await printed("--help")).split("\n\n")
    expect(purpose).toMatch(/^Declare experiments/)
    for (const name of [...reservedCommands, "compare"]) expect(purpose).not.toContain(name)
  })
  it("gives the version", async () => {
    expect(await printed("--version")).toBe("1.2.3")
  })
})
