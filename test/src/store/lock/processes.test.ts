/** Locks between real processes: killed, frozen, racing, of another user. */
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { afterAll, afterEach, beforeAll, expect, it } from "vitest"
import { seededRandom } from "../../../../src/support/random.ts"
import type { Holder } from "../../../../src/store/lock/holder.ts"
import { sweepLocks } from "../../../../src/store/lock/sweep.ts"
import { Bench, type Child } from "./bench.ts"

const bench = new Bench()
beforeAll(() => bench.build())
afterEach(() => bench.clear())
afterAll(() => bench.close())

const linux = existsSync("/proc/self/stat")
const root = process.getuid?.() === 0

it("a holder that lives is waited for, with a word about who it is", async () => {
  const child = await bench.holding()
  const waitedFor: Array<Holder> = []
  const onWait = (holder: Holder) => {
    waitedFor.push(holder)
    child.tell()
  }
  const got = await Effect.runPromise(bench.lock({ onWait })(Effect.succeed("got it")))
  expect(got).toBe("got it")
  expect(waitedFor).toMatchObject([{ pid: child.pid, run: "child", format: 1 }])
  expect(waitedFor[0]!.command).toContain("child.mjs")
  expect(await child.exit).toBe(0)
})

it("who does not want to wait is told who holds the lock and what to do, with exit code 4", async () => {
  const child = await bench.holding()
  const problem = await Effect.runPromise(Effect.flip(bench.lock({ wait: false })(Effect.void)))
  expect(problem).toMatchObject({
    _tag: "StoreLocked",
    exitCode: 4,
    file: bench.store().layout.lock("stage")
  })
  expect(problem.message).toContain(`"stage" of the store is held by run child, pid ${child.pid} on host `)
  expect(problem.hint).toContain("--no-lock-wait")
})

it("the lock of a killed holder is taken over at once, and the log says so", async () => {
  const child = await bench.holding()
  child.kill()
  await child.exit
  const notes: Array<string> = []
  const lock = bench.lock({ wait: false, note: (note) => notes.push(note) })
  expect(await Effect.runPromise(lock(Effect.succeed("got it")))).toBe("got it")
  expect(notes).toHaveLength(1)
  expect(notes[0]).toContain(`a dead holder: run child, pid ${child.pid}`)
  expect(readdirSync(bench.store().layout.lock("stage"))).toEqual(["2"])
})

it.skipIf(!linux)(
  "a killed holder is dead even while its parent has not asked about it (a zombie)",
  async () => {
    const child = await bench.holding()
    child.kill()
    // until this turn of the event loop ends, nobody asks
    const state = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]![0]
    while (state() !== "Z");
    expect(Effect.runSync(bench.lock({ wait: false })(Effect.succeed("got it")))).toBe("got it")
  }
)

it.skipIf(!linux)("a frozen holder is not robbed, however long it does not renew its lease", async () => {
  const child = await bench.holding()
  child.kill("SIGSTOP")
  while (!/\) T /.test(readFileSync(`/proc/${child.pid}/stat`, "utf8"))) await new Promise(setImmediate)
  const record = bench.read(1)
  await Effect.runPromise(
    Effect.gen(function* () {
      const waits = yield* Deferred.make<void>()
      const clock = yield* Clock.Clock
      const onWait = () => Deferred.doneUnsafe(waits, Effect.void)
      const lock = bench.lock({ onWait, now: () => clock.currentTimeMillisUnsafe() })
      const fiber = yield* Effect.forkChild(lock(Effect.succeed("robbed")))
      yield* Deferred.await(waits)
      yield* TestClock.adjust("2 minutes")
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(TestClock.layer()))
  )
  expect(bench.read(1)).toBe(record)
  child.kill("SIGCONT")
  child.tell()
  expect(await child.exit).toBe(0)
  expect(await bench.tryOnce()).toBe("got it")
})

for (const noHardLinks of [false, true])
  it(`killed before any change that it makes, a process leaves a lock that can be taken at once${noHardLinks ? ", also without hard links" : ""}`, async () => {
    let deaths = 0
    for (let dieAt = 1; ; dieAt++) {
      bench.leave(1, { started: "1" }) // so that there is a dead holder to take over and to tidy away
      const child = await bench.start({ job: "once", dieAt, noHardLinks })
      const how = await child.exit
      expect(await bench.tryOnce()).toBe("got it")
      const left = readdirSync(bench.store().layout.lock("stage"))
      expect(left).toHaveLength(1)
      bench.clear()
      if (how === 0) break
      expect(how).toBe("SIGKILL")
      deaths++
    }
    // folder, temporary file, its second name, its removal, the old record's removal, the word that gives back
    expect(deaths).toBeGreaterThanOrEqual(6)
  })

it("of processes that race for it, some of which are killed, never two hold it", async () => {
  const random = seededRandom("locks", 1)
  writeFileSync(join(bench.root, "counter"), "0")
  bench.leave(1, { started: "1" })
  const sections = 50
  const children = await Promise.all(
    Array.from({ length: 8 }, (_, i) => bench.start({ job: "count", sections, noHardLinks: i % 4 === 3 }))
  )
  await Promise.all(children.map((child) => child.said("ready")))
  const killed = new Set<Child>()
  for (const child of children) {
    child.onMessage(({ type }) => {
      if (type !== "inside") return
      const draw = random()
      if (draw < 0.03 && killed.size < 5 && child.process.exitCode === null) {
        killed.add(child)
        child.kill() // a moment after it came in: inside, giving back, or taking anew
      } else if (draw > 0.8) Effect.runSync(sweepLocks(bench.store(), Date.now))
    })
    child.tell()
  }
  const ends = await Promise.all(children.map(({ exit }) => exit))
  expect(ends.filter((end) => end === "SIGKILL")).toHaveLength(killed.size)
  expect(ends.filter((end) => end === 0)).toHaveLength(8 - killed.size)
  expect(killed.size).toBe(5)

  const counted = readFileSync(join(bench.root, "counted"), "utf8").trim().split("\n").map(Number)
  // two at once would have read the same number, and one addition would be lost
  for (let i = 1; i < counted.length; i++) expect(counted[i]).toBeGreaterThan(counted[i - 1]!)
  expect(counted.length).toBeGreaterThanOrEqual((8 - killed.size) * sections)
  expect(counted.at(-1)! - counted.length).toBeLessThanOrEqual(killed.size)
  expect(await bench.tryOnce()).toBe("got it")
})

it.skipIf(!root || !linux)(
  "a store that a group shares: other users wait for a holder and take over a dead one's lock (skipped unless root)",
  async () => {
    const [gid, alice, bob] = [54_321, 54_322, 54_323]
    chownSync(bench.root, alice, gid)
    chmodSync(bench.root, 0o2775)
    const first = await bench.holding({ uid: alice, gid })
    const file = statSync(bench.record(1))
    expect([file.uid, file.gid, file.mode & 0o777]).toEqual([alice, gid, 0o664])

    const second = await bench.start({ job: "hold" }, { uid: bob, gid })
    expect((await second.said("waits")).for).toBe(first.pid)
    first.kill()
    await second.said("inside")
    expect(statSync(bench.record(2)).uid).toBe(bob)
    expect(readdirSync(bench.store().layout.lock("stage"))).toEqual(["2"])

    const third = await bench.start({ job: "hold" }, { uid: alice, gid })
    expect((await third.said("waits")).for).toBe(second.pid)
    second.tell()
    await third.said("inside")
    third.tell()
    expect([await second.exit, await third.exit]).toEqual([0, 0])
  }
)
