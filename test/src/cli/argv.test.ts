import { describe, expect, it } from "vitest"
import { ownCommands } from "../../../src/cli/commands.ts"
import type { Option } from "../../../src/cli/command.ts"
import { parseArgv, reservedCommands } from "../../../src/cli/parse-argv.ts"
import { commandsOf } from "../../../src/cli/stage-commands.ts"
import * as stages from "../../../stages/package.ts"
import { linesOf } from "./command-lines.ts"

const { parsed, values, refused, help } = linesOf(ownCommands)

it.each<[line: string, command: string, positionals: string[], options: Record<string, (string | true)[]>]>([
  ["run p.ts", "run", ["p.ts"], {}],
  ["run p.ts probes/vit measures", "run", ["p.ts", "probes/vit", "measures"], {}],
  ["run p.ts -nk", "run", ["p.ts"], { "dry-run": [true], "keep-going": [true] }],
  ["run p.ts -j4 --retry-failed", "run", ["p.ts"], { jobs: ["4"], "retry-failed": [true] }],
  [
    "run p.ts --jobs=4 -S seed=8 -S a=b,c=d --set x=",
    "run",
    ["p.ts"],
    { jobs: ["4"], set: ["seed=8", "a=b,c=d", "x="] }
  ],
  ["run -S seed=8 p.ts 12 -f a --force b", "run", ["p.ts", "12"], { set: ["seed=8"], force: ["a", "b"] }],
  ["run p.ts -f 12 -S 1=0x10 007 1e3", "run", ["p.ts", "007", "1e3"], { force: ["12"], set: ["1=0x10"] }],
  ["run --store /tmp/x --json p.ts -- -a b", "run", ["p.ts", "-a", "b"], { store: ["/tmp/x"], json: [true] }],
  ["--json --store S -S a=1 run p.ts", "run", ["p.ts"], { store: ["S"], json: [true], set: ["a=1"] }],
  ["run p.ts --store=-x --json=true --debug=false", "run", ["p.ts"], { store: ["-x"], json: [true] }],
  ["why p.ts a.b c.d", "why", ["p.ts", "a.b", "c.d"], {}],
  ["show -", "show", ["-"], {}],
  [
    "export latest:a -o a.npy --tap t --overwrite",
    "export",
    ["latest:a"],
    { output: ["a.npy"], tap: ["t"], overwrite: [true] }
  ]
])("takes apart: %s", (line, command, positionals, options) => {
  const { command: named, ...words } = parsed(line)
  expect(named.name).toBe(command)
  expect(words).toEqual({ positionals, options })
})

it("no two commands mean different kinds of option by one name or letter", () => {
  const kinds = new Map<string, Set<string>>()
  for (const { options } of [...ownCommands, ...stages.commands.flatMap(commandsOf)])
    for (const [name, { kind, alias }] of Object.entries(options) as ReadonlyArray<[string, Option]>)
      for (const word of [name, alias ?? name])
        kinds.set(word, (kinds.get(word) ?? new Set()).add(kind === "flag" ? "flag" : "value"))
  expect([...kinds].filter(([, said]) => said.size > 1)).toEqual([])
})

it("reads options by their kind", () => {
  expect(values("run p.ts a b -j 4 -S x=1 -S y=2 --json").args).toEqual({
    pipeline: "p.ts",
    node: ["a", "b"],
    "dry-run": false,
    jobs: 4,
    "keep-going": false,
    force: [],
    set: ["x=1", "y=2"],
    name: null,
    note: null,
    report: null,
    "retry-failed": false,
    "no-lock-wait": false
  })
  expect(values("show latest --store S").globals).toEqual({ store: "S", json: false, debug: false })
  expect(values("--json --store S show latest").globals.json).toBe(true)
})

it("leaves help, completion and the version to yargs", () => {
  for (const line of [
    "--help",
    "run --help",
    "run p.ts -nh",
    "run p.ts --jobs --help",
    "--version",
    "run --version",
    "completion",
    "--get-yargs-completions probeline ru"
  ])
    expect(parseArgv(ownCommands, line.split(" ")), line).toEqual({ help: line.split(" ") })
})

describe("what is wrong is said, with exit code 2 and what was meant", () => {
  it.each([
    ["stauts p.ts", "unknown command: stauts", 'did you mean "status"'],
    ["frobnicate", "unknown command: frobnicate", "probeline --help"],
    ["run p.ts --dry-rum", "unknown option for run: --dry-rum", 'did you mean "--dry-run"'],
    ["run p.ts -x", "unknown option for run: -x", "probeline run --help"],
    ["run", "missing argument: <pipeline>, ", "run <pipeline> [node..]"],
    ["why", "missing argument: <pipeline>, ", "why <pipeline> <node> [item]"],
    ["why p.ts", "missing argument: <node>, ", "why <pipeline> <node> [item]"],
    ["status a b", "unexpected argument: b", "status <pipeline>"],
    ["run p.ts -j 0", 'expected a whole number from 1, got "0"', "parallel tasks"],
    ["run p.ts -j 2 -j 3", "--jobs given 2 times", "once"],
    ["run p.ts -j", "-j needs a value", "parallel tasks"],
    ["run p.ts --jobs -k", "--jobs needs a value", "parallel tasks"],
    ["run p.ts --store=", "--store needs a value", ""],
    ["run p.ts --json=yes", '--json takes no value, got "yes"', "single JSON document"],
    ["run --pipeline p.ts", "unknown option for run: --pipeline", "probeline run --help"],
    ["--jsn run p.ts", "unknown option for run: --jsn", 'did you mean "--json"'],
    ["--json", "no command given", "probeline --help"],
    ["dag p.ts --format mermiad", "expected one of text, mermaid, dot, json", 'did you mean "mermaid"'],
    ["run p.ts --executor slurm", "--executor is not available yet", "later"]
  ])("%s", (line, message, hint) => {
    const problem = refused(line)
    expect(problem._tag).toBe("Usage")
    expect(problem.message).toMatch(new RegExp(message.replaceAll("[", "\\[")))
    expect(problem.hint ?? "").toContain(hint)
  })

  it("keeps the names of commands to come", () => {
    for (const name of reservedCommands)
      expect(refused(`${name} x`).message).toBe(`${name} is not available yet`)
  })
})

describe("help", () => {
  it("lists the commands, and every command's options and examples", async () => {
    const all = await help("--help")
    for (const command of ownCommands) {
      expect(all).toContain(command.doc)
      const own = await help(`${command.name} --help`)
      for (const name of Object.keys(command.options)) expect(own).toContain(`--${name}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const [words] of command.examples) expect(own.replace(/\s+/g, " ")).toContain(words.split(" ")[0])
    }
  })
  it("promises what there is: no command that is to come is among what Probeline is for", async () => {
    const [, purpose = ""] = (await help("--help")).split("\n\n")
    expect(purpose).toMatch(/^Declare, resume and compare experiments/)
    for (const name of reservedCommands) expect(purpose).not.toContain(name)
  })
  it("gives the version", async () => {
    expect(await help("--version")).toBe("1.2.3")
  })
})
