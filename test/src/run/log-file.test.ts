import { expect, it } from "vitest"
import { logFile } from "../../../src/run/log-file.ts"
import type { FileSystem } from "../../../src/store/files/file-system.ts"
import { layout } from "../../../src/store/files/layout.ts"
import type { Store } from "../../../src/store/store.ts"
import { nodeRecord, plans, runRecord } from "../cli/records.ts"

const logged = (append: FileSystem["append"]) =>
  logFile({ layout: layout("/s"), files: { append } } as unknown as Store, "r1", () => new Date(0))

it("writes a line for what stages and workers say, what fails, and where nodes begin and end", () => {
  const lines: Array<string> = []
  const log = logged((file, text) => {
    expect(file).toBe("/s/runs/r1/log.ndjson")
    lines.push(text)
  })
  const [plan] = plans({ scenes: "missing", "half/a": "unknown", "half/b": "unknown", total: "unknown" })
  log({ type: "run-started", run: runRecord([]), nodes: ["scenes"] })
  log({ type: "node-started", node: "scenes", plan: plan!, items: null })
  log({ type: "node-log", node: "scenes", message: "two\nlines" })
  log({ type: "node-progress", node: "scenes", done: 1, total: 2 })
  log({ type: "item-failed", node: "scenes", failure: { item: "s1", error: "torn" } })
  log({ type: "node-output", node: "scenes", line: "warning: x" })
  log({ type: "node-finished", record: nodeRecord("scenes") })
  log({ type: "node-finished", record: nodeRecord("quiet", { status: "cached" }) })
  log({ type: "run-finished", run: runRecord([]) })
  expect(lines.every((line) => line.endsWith("}\n"))).toBe(true)
  expect(
    lines
      .map((line) => JSON.parse(line))
      .map(({ event, node, item, message }) => [event, node, item, message])
  ).toEqual([
    ["run-started", null, null, "demo: 1 nodes"],
    ["node-started", "scenes", null, ""],
    ["node-log", "scenes", null, "two\nlines"],
    ["item-failed", "scenes", "s1", "torn"],
    ["node-output", "scenes", null, "warning: x"],
    ["node-finished", "scenes", null, "executed: 4 computed, 0 failed"],
    ["run-finished", null, null, "ok"]
  ])
  // the record of a node that ended, for who wants to know how far a killed run came
  expect(lines.flatMap((line) => JSON.parse(line).record ?? [])).toEqual([nodeRecord("scenes")])
  expect(JSON.parse(lines[0]!).time).toBe("1970-01-01T00:00:00.000Z")
})

it("keeps a line that came to the disk in part from spoiling the next", () => {
  let text = ""
  let isFull = true
  const log = logged((_file, line) => {
    text += isFull ? line.slice(0, 30) : line
    if (isFull) throw Object.assign(new Error("no space left"), { code: "ENOSPC" })
  })
  log({ type: "node-log", node: "a", message: "x" })
  isFull = false
  const stopped = { reason: "no space is left", hint: null }
  log({ type: "run-finished", run: runRecord([], { status: "failed", stopped }) })
  const [torn, last, ...rest] = text.split("\n")
  expect(torn).toHaveLength(30)
  expect(JSON.parse(last!)).toMatchObject({ event: "run-finished", ended: { status: "failed", stopped } })
  expect(rest).toEqual([""])
})

it("lets a full disk stop nothing", () => {
  const log = logged(() => {
    throw Object.assign(new Error("no space left"), { code: "ENOSPC" })
  })
  expect(() => log({ type: "node-log", node: "a", message: "x" })).not.toThrow()
})
