/** Ctrl-C, a closed terminal, a kill: no worker stays behind, and the next run goes on. */
import * as fs from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encoder, makeRig, type Rig, small, type Started } from "./cli.ts"
import { nodeOf, runsOf, statuses, unfinished } from "./look.ts"

const proc = fs.existsSync("/proc/self/stat")
// enough scenes for extraction to go on for a while, in several chunks
const extraction = ["run", small, "activations", "-S", "scenes=160", "-S", `encoder=${encoder}`]

/** State and parent of a process; null when it is gone, or dead and waiting for a parent that does not look. */
function processOf(pid: number): { readonly parent: number } | null {
  try {
    const [state, parent] = fs
      .readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    return state === "Z" || state === "X" ? null : { parent: Number(parent) }
  } catch {
    return null
  }
}
const childrenOf = (pid: number): ReadonlyArray<number> =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => processOf(child)?.parent === pid)

const tracesOf = (folder: string): number =>
  (fs.readdirSync(folder, { recursive: true }) as Array<string>).filter((name) => name.endsWith(".json"))
    .length

async function until<A>(what: string, look: () => A | null | false, milliseconds = 10_000): Promise<A> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const seen = look()
    if (seen !== null && seen !== false) return seen
    if (performance.now() > deadline) throw new Error(`waited ${milliseconds} ms for ${what}`)
    await pause(10)
  }
}

/** Extraction that is under way, and the worker processes that it has started. */
async function underWay(rig: Rig, ...argv: ReadonlyArray<string>) {
  const started = rig.start(...extraction, "-f", "activations", ...argv)
  await started.seen(/^activations: 160 scenes/m)
  const workers = await until("a worker", () => {
    const children = childrenOf(started.child.pid!)
    return children.length > 0 && children
  })
  return { ...started, workers }
}
async function stop({ child, ended }: Started, signal: NodeJS.Signals) {
  const from = performance.now()
  child.kill(signal)
  return { ...(await ended), took: performance.now() - from }
}

describe.skipIf(!proc)(`signals${proc ? "" : " (skipped: no /proc to look at workers with)"}`, () => {
  let rig: Rig
  beforeAll(async () => {
    rig = makeRig()
    expect((await rig.cli(...extraction)).code).toBe(0)
  }, 60_000)
  afterAll(() => rig.remove())

  it.each([
    ["SIGINT", 130],
    ["SIGHUP", 129],
    ["SIGTERM", 143]
  ] as const)(
    "%s during extraction exits with %i within 2 s, and takes the workers along",
    async (signal, code) => {
      const running = await underWay(rig)
      const ended = await stop(running, signal)
      expect([ended.code, ended.signal], ended.stderr).toEqual([code, null])
      expect(ended.took).toBeLessThan(2000)
      await until("the workers' end", () => running.workers.every((worker) => processOf(worker) === null))
      expect(ended.stdout).toMatch(/^small: interrupted/m)
      expect(ended.stdout).toContain("run the same command to continue")
      const [last] = await runsOf(rig)
      expect(last).toMatchObject({ status: "interrupted", finished: expect.any(String) })
    }
  )
  it("leave one document on stdout under --json, which says that the run was interrupted", async () => {
    const ended = await stop(await underWay(rig, "--json"), "SIGINT")
    expect(ended.code).toBe(130)
    const document = JSON.parse(ended.stdout)
    expect(document.status).toBe("interrupted")
    expect(nodeOf(document, "tokens").status).toBe("cached")
  })
  it("do not move runs/latest to a run that was cut off", async () => {
    const latest = fs.realpathSync(rig.at("artifacts/runs/latest/run.json"))
    expect(JSON.parse(fs.readFileSync(latest, "utf8")).status).toBe("ok")
  })
  it("cost nothing: the next run finishes, and leaves no half-written file", async () => {
    const { document, code } = await rig.json(...extraction, "-S", "taps=final.norm")
    expect(code).toBe(0)
    expect(statuses(document)).toMatchObject({ scenes: "cached", masks: "cached", tokens: "cached" })
    expect(unfinished(rig.at("artifacts"))).toEqual([])
  })
  it("SIGKILL of a run takes its workers with it; the next run computes only what was not finished", async () => {
    const other = ["-S", "taps=block.0.resid_post", "-j", "1"]
    const commits = () => tracesOf(rig.at("artifacts/traces/extract-activations"))
    const before = commits()
    const started = rig.start(...extraction, ...other)
    await until("the first chunk", () => commits() > before)
    const workers = childrenOf(started.child.pid!)
    const ended = await stop(started, "SIGKILL")
    expect(ended.signal).toBe("SIGKILL")
    const { stdout } = await rig.cli("show", "@1")
    expect(stdout).toMatch(/^skipped: activations: it was running when the run was interrupted$/m)
    expect(stdout).toMatch(/^stopped: killed, or the disk was full: the process disappeared/m)
    await until("the workers' end", () => workers.every((worker) => processOf(worker) === null))
    const { document, code } = await rig.json(...extraction, ...other)
    expect(code).toBe(0)
    const { total, executed, cached } = nodeOf(document, "activations").items
    expect(total).toBe(160)
    expect(executed).toBeGreaterThan(0)
    expect(cached).toBeGreaterThan(0)
    expect(executed + cached).toBe(160)
  })
})
