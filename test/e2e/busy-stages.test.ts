/** Signals while a light stage computes without a pause, or its clean-up hangs: the exit code is what the record says. */
import * as fs from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, expect, it } from "vitest"
import { makeRig, type Started } from "./cli.ts"
import { runsOf } from "./look.ts"

const rig = makeRig()
afterAll(() => rig.remove())

/** `compute` gets the scenes, and can say by `mark()` that it has begun. */
const pipeline = (compute: string, more = "") => `
import { writeFileSync } from "node:fs"
import { column, definePipeline, defineStage, each, one } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"
const mark = (name = "mark") => writeFileSync(name, "")
const busy = (ms: number) => { for (const end = performance.now() + ms; performance.now() < end;); }
export const mine = defineStage.itemwise("mine", {
  inputs: { scenes: each({ height: column.int32() }) },
  output: one({ h: column.int32() }),${more}
  compute: ${compute}
})
export default definePipeline("busy", { params: {}, graph: () => ({
  mine: mine("mine", { scenes: sampleScenes("scenes", { source: synthetic({ count: 8, seed: 1 }) }) })
}) })
`
async function begin(source: string): Promise<Started> {
  rig.write("busy.ts", source)
  fs.rmSync(rig.at("mark"), { force: true })
  const started = rig.start("run", "busy.ts", "-f", "mine")
  while (!fs.existsSync(rig.at("mark"))) await pause(5)
  return started
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
/** What the exit code says of a run, and its record. */
const agrees = { ok: 0, interrupted: 130 } as const

it("between two chunks a signal is heard, though no chunk ever pauses; what is finished is kept", async () => {
  const started = await begin(
    pipeline("(items) => { mark(); busy(400); return items.map(() => ({ h: 1 })) }", "\n  chunk: 1,")
  )
  const from = performance.now()
  started.child.kill("SIGINT")
  expect((await started.ended).code).toBe(130)
  expect(performance.now() - from).toBeLessThan(1500) // eight chunks would take 3.2 s
  expect((await runsOf(rig))[0]).toMatchObject({
    status: "interrupted",
    stopped: { reason: "received SIGINT" }
  })
})

it.each([0, 590])(
  "a signal that comes %i ms into the last computation: exit code and record say the same",
  async (after) => {
    const started = await begin(
      pipeline("(items) => { mark(); busy(600); return items.map(() => ({ h: 1 })) }")
    )
    await pause(after)
    started.child.kill("SIGINT")
    const { code, stdout } = await started.ended
    const [{ status }] = await runsOf(rig)
    expect(code).toBe(agrees[status as keyof typeof agrees])
    expect(stdout).toContain(`busy: ${status}`)
  }
)

it.each([
  ["this process", "", 1],
  ["a worker process", "\n  isolate: true,", 2]
] as const)(
  "a second Ctrl-C ends a loop without end in %s at once, and no worker goes on",
  async (_where, isolate, processes) => {
    const started = await begin(pipeline("() => { mark(String(process.pid)); mark(); for (;;); }", isolate))
    const pids = fs.readdirSync(rig.folder).filter((name) => /^\d+$/.test(name))
    pids.forEach((pid) => fs.rmSync(rig.at(pid)))
    expect(new Set([...pids, String(started.child.pid)]).size).toBe(processes)
    const from = performance.now()
    started.child.kill("SIGINT")
    started.child.kill("SIGINT")
    // sent as one they may be heard as one
    const again = setInterval(() => started.child.kill("SIGINT"), 20)
    const { code, signal } = await started.ended
    clearInterval(again)
    // ended by the signal itself, which a shell reports as 130
    expect([130, "SIGINT"]).toContain(code ?? signal)
    expect(performance.now() - from).toBeLessThan(1500) // a single signal has a grace of two seconds
    for (const pid of pids)
      while (isAlive(Number(pid))) {
        expect(performance.now() - from).toBeLessThan(3000)
        await pause(10)
      }
    expect(fs.readdirSync(rig.folder).filter((name) => /^\d+$/.test(name))).toEqual([])
  }
)

it("a second signal ends the process at once, though the clean-up of the first hangs", async () => {
  const started = await begin(
    pipeline(
      "async () => { mark(); await new Promise((done) => setTimeout(done, 20_000)); return [] }",
      '\n  open: () => ({ [Symbol.asyncDispose]: () => { mark("closing"); return new Promise(() => {}) } }),'
    )
  )
  started.child.kill("SIGTERM")
  while (!fs.existsSync(rig.at("closing"))) await pause(5)
  const from = performance.now()
  started.child.kill("SIGTERM")
  expect((await started.ended).code).toBe(143)
  expect(performance.now() - from).toBeLessThan(1000) // the grace of a single signal is two seconds
  expect((await runsOf(rig))[0]).toMatchObject({ status: "interrupted" })
})
