/** Output that cannot be written: /dev/full is a disk without space. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { binary, makeRig, type Rig, small } from "./cli.ts"

let rig: Rig
beforeAll(() => {
  rig = makeRig()
})
afterAll(() => rig.remove())

/** Runs a command whose stdout or stderr is /dev/full; gives its exit code and what came out on the other. */
function run(full: "stdout" | "stderr", ...argv: ReadonlyArray<string>) {
  const device = fs.openSync("/dev/full", "w")
  const child = spawn(process.execPath, [binary, ...argv], {
    cwd: rig.folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: rig.folder },
    stdio: ["ignore", full === "stdout" ? device : "pipe", full === "stderr" ? device : "pipe"]
  })
  fs.closeSync(device)
  let other = ""
  const stream = full === "stdout" ? child.stderr! : child.stdout!
  stream.setEncoding("utf8").on("data", (text: string) => (other += text))
  return new Promise<{ code: number | null; other: string }>((resolve, reject) =>
    child.on("error", reject).on("close", (code) => resolve({ code, other }))
  )
}

describe.skipIf(!fs.existsSync("/dev/full"))("on a full disk", () => {
  it.each([
    ["text", ["runs"]],
    ["JSON", ["runs", "--json"]],
    ["the help", ["--help"]],
    ["the help of a command", ["run", "--help"]],
    ["the version", ["--version"]],
    ["a graph", ["dag", small, "--format", "dot"]],
    ["a reference of stages, by a stage's own command", ["encoders", "inspect", "--help"]]
  ])("%s on stdout is said to be lost, with exit code 1", async (_, words) => {
    const { code, other } = await run("stdout", ...words)
    expect(other).toMatch(/^error: cannot write to stdout: ENOSPC.*\n {2}hint: the disk is full/m)
    expect(code).toBe(1)
  })
  it("an error keeps its own exit code", async () => {
    const { code, other } = await run("stdout", "status", "nothing.ts", "--json")
    expect(other).toContain("no such file: nothing.ts")
    expect(code).toBe(2)
  })
  it("what is lost on stderr changes nothing", async () => {
    const { code, other } = await run("stderr", "runs")
    expect(other).toContain("no runs in")
    expect(code).toBe(0)
  })
})

it("a long text arrives whole in a file", async () => {
  const file = fs.openSync(rig.at("out.txt"), "w")
  const child = spawn(process.execPath, [binary, "dag", small, "--format", "json"], {
    cwd: rig.folder,
    stdio: ["ignore", file, "inherit"]
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  fs.closeSync(file)
  expect(code).toBe(0)
  expect(JSON.parse(fs.readFileSync(rig.at("out.txt"), "utf8"))).toHaveProperty("nodes")
})
