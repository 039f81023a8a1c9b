/** Locks within one process, with clocks and file systems as the tests want them. */
import { readdirSync, utimesSync, writeFileSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { afterAll, afterEach, expect, it } from "vitest"
import type { FileSystem } from "../../../../src/store/files/file-system.ts"
import type { Holder } from "../../../../src/store/lock/holder.ts"
import { sweepLocks } from "../../../../src/store/lock/sweep.ts"
import { Bench } from "./bench.ts"
import { failing, withoutHardLinks } from "./decorations.ts"

const bench = new Bench()
afterEach(() => bench.clear())
afterAll(() => bench.close())
const files = () => readdirSync(bench.store().layout.lock("stage"))

/** Runs with a clock that stands still until it is moved. */
const inTestTime = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.runPromise(Effect.provide(effect, TestClock.layer()))
/** Begins to take the lock in test time, and comes back once it waits. */
const waiting = (options: { readonly files?: FileSystem } = {}) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const told: Array<Holder> = []
    const waits = yield* Deferred.make<void>()
    const onWait = (holder: Holder) => {
      told.push(holder)
      Deferred.doneUnsafe(waits, Effect.void)
    }
    const lock = bench.lock({ onWait, now: () => clock.currentTimeMillisUnsafe() }, options.files)
    const fiber = yield* Effect.forkChild(lock(Effect.succeed("got it")))
    return { fiber, told, waits: Deferred.await(waits) }
  })

it("fibers of one process exclude each other", async () => {
  let [inside, most, times] = [0, 0, 0]
  const section = Effect.gen(function* () {
    most = Math.max(most, ++inside)
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    inside--
    times++
  })
  const fibers = Array.from({ length: 6 }, () => bench.lock()(section))
  await Effect.runPromise(Effect.all(fibers, { concurrency: "unbounded" }))
  expect([most, times]).toEqual([1, 6])
})

it("the lock is given back however its use ends: well, by a failure, by a defect, by interruption", async () => {
  const lock = bench.lock({ wait: false })
  expect(await Effect.runPromise(lock(Effect.succeed(1)))).toBe(1)
  expect(await Effect.runPromise(Effect.flip(lock(Effect.fail("no"))))).toBe("no")
  await expect(Effect.runPromise(lock(Effect.die(new Error("defect"))))).rejects.toThrow("defect")
  await Effect.runPromise(
    Effect.gen(function* () {
      const inside = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        lock(Effect.andThen(Deferred.done(inside, Exit.void), Effect.never))
      )
      yield* Deferred.await(inside)
      expect(yield* Effect.flip(lock(Effect.void))).toMatchObject({ _tag: "StoreLocked" })
      yield* Fiber.interrupt(fiber)
    })
  )
  expect(await bench.tryOnce()).toBe("got it")
  expect(files()).toEqual(["5"])
})

it("who waits can be interrupted, and leaves nothing behind", async () => {
  await inTestTime(
    Effect.gen(function* () {
      const record = bench.leave(1, { host: "elsewhere" })
      const { fiber, waits } = yield* waiting()
      yield* waits
      yield* Fiber.interrupt(fiber)
      expect(files()).toEqual(["1"])
      expect(bench.read(1)).toBe(record)
    })
  )
})

for (const [who, other] of Object.entries({
  "whose pid came again": { started: "1" },
  "of an earlier boot": { boot: "an earlier one" },
  "that this process could not give back": {}
}))
  it(`a holder ${who} is dead, though a process with its pid lives`, async () => {
    bench.leave(7, other)
    expect(await bench.tryOnce()).toBe("got it")
    expect(files()).toEqual(["8"])
  })

for (const [where, other] of Object.entries({
  "on another host": { host: "elsewhere", pid: 1 },
  "in another container": { pidNamespace: "another", pid: 1 }
}))
  it(`a holder ${where} keeps the lock while it renews its lease, and loses it three periods after it stopped`, async () => {
    await inTestTime(
      Effect.gen(function* () {
        bench.leave(3, { ...other, lease: { periodMs: 20_000 } })
        const { fiber, told, waits } = yield* waiting()
        yield* waits
        // the other clock is hours behind and goes slowly: it only has to move
        for (let second = 0; second < 600; second += 50) {
          utimesSync(bench.record(3), 1000 + second / 50, 1000 + second / 50)
          yield* TestClock.adjust("50 seconds")
        }
        yield* TestClock.adjust("9 seconds")
        expect(fiber.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust("2 seconds")
        expect(yield* Fiber.join(fiber)).toBe("got it")
        expect(told).toHaveLength(1)
        expect(told[0]).toMatchObject(other)
      })
    )
  })

it("time in which this process did not look does not count against another host", async () => {
  bench.leave(1, { host: "elsewhere" })
  let now = 0
  let looks = 0
  const waits: Array<number> = []
  const lock = bench.lock({
    onWait: () => waits.push(looks),
    // as if this machine slept an hour between any two looks
    now: () => ++looks * 3_600_000 + now++
  })
  await inTestTime(
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(lock(Effect.succeed("got it")))
      yield* TestClock.adjust("2 seconds")
      expect(looks).toBeGreaterThan(10)
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* Fiber.interrupt(fiber)
    })
  )
})

it("a holder renews its lease, so that other hosts leave it alone", async () => {
  await inTestTime(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const inside = yield* Deferred.make<void>()
      const lock = bench.lock({ now: () => clock.currentTimeMillisUnsafe() })
      const fiber = yield* Effect.forkChild(
        lock(Effect.andThen(Deferred.done(inside, Exit.void), Effect.never))
      )
      yield* Deferred.await(inside)
      const changes: Array<string> = []
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust("10 seconds")
        changes.push(bench.files.stat(bench.record(1))!.mtimeNs)
      }
      expect(changes).toEqual(["10000000000", "20000000000", "30000000000"])
      yield* Fiber.interrupt(fiber)
    })
  )
})

for (const [how, number] of [
  ["", 2],
  [", not even when a sweep lets numbers begin anew", 1]
] as const)
  it(`a holder that was robbed by another host says so, and does not take the lock from the new holder${how}`, async () => {
    const notes: Array<string> = []
    const record = await inTestTime(
      Effect.gen(function* () {
        const inside = yield* Deferred.make<void>()
        const finish = yield* Deferred.make<void>()
        const lock = bench.lock({ note: (note) => notes.push(note) })
        const fiber = yield* Effect.forkChild(
          lock(Effect.andThen(Deferred.done(inside, Exit.void), Deferred.await(finish)))
        )
        yield* Deferred.await(inside)
        const theirs = bench.leave(number, { host: "elsewhere" })
        yield* TestClock.adjust("1 minute")
        yield* Deferred.done(finish, Exit.void)
        yield* Fiber.join(fiber)
        return theirs
      })
    )
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain("taken over by another host")
    expect(bench.read(number)).toBe(record)
    await expect(bench.tryOnce()).rejects.toThrow("on host elsewhere")
  })

for (const [what, torn] of Object.entries({
  empty: "",
  "cut short": '{"format":1,"tok',
  "of a format that is not known": '{"format":99}\n'
}))
  it(`a record that is ${what} counts as held while it is young, and as dead when it stays so`, async () => {
    await inTestTime(
      Effect.gen(function* () {
        bench.leave(1, {})
        writeFileSync(bench.record(1), torn)
        const { fiber, told } = yield* waiting()
        yield* TestClock.adjust("4 seconds")
        expect(fiber.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust("2 seconds")
        expect(yield* Fiber.join(fiber)).toBe("got it")
        expect(told).toEqual([])
      })
    )
    writeFileSync(bench.record(2), torn)
    await expect(bench.tryOnce()).rejects.toMatchObject({ _tag: "StoreLocked", exitCode: 4 })
    utimesSync(bench.record(2), 1000, 1000)
    expect(await bench.tryOnce()).toBe("got it")
  })

it("works where hard links are forbidden", async () => {
  const plain = withoutHardLinks(bench.files)
  bench.leave(1, { started: "1" })
  await Effect.runPromise(
    bench.lock(
      {},
      plain
    )(
      Effect.promise(async () => {
        expect(files()).toEqual(["2"])
        await expect(bench.tryOnce(plain)).rejects.toMatchObject({ _tag: "StoreLocked" })
        await expect(bench.tryOnce()).rejects.toMatchObject({ _tag: "StoreLocked" })
      })
    )
  )
  expect(await bench.tryOnce(plain)).toBe("got it")
})

it("a full disk is told as such, and leaves nothing that is in the way", async () => {
  const full = { ...bench.files, write: failing("ENOSPC") }
  await expect(bench.tryOnce(full)).rejects.toMatchObject({ _tag: "StoreFull" })
  const fullLater = withoutHardLinks({
    ...bench.files,
    write: (file, content) => {
      bench.files.write(file, content)
      if (file === bench.record(1)) failing("ENOSPC")()
    }
  })
  await expect(bench.tryOnce(fullLater)).rejects.toMatchObject({ _tag: "StoreFull" })
  expect(files()).toEqual([])
  expect(await bench.tryOnce()).toBe("got it")
})

it("a lock that could not be given back is told to the log, and taken again by this process", async () => {
  const notes: Array<string> = []
  const broken = { ...bench.files, append: failing("EIO") }
  const lock = bench.lock({ wait: false, note: (note) => notes.push(note) }, broken)
  expect(await Effect.runPromise(lock(Effect.succeed(1)))).toBe(1)
  expect(notes).toEqual(['could not release the lock "stage": EIO: injected'])
  expect(await bench.tryOnce()).toBe("got it")
})

it("a sweep removes locks that nobody holds and what killed sweeps left, and spares those that are held", async () => {
  const { locks } = bench.store().layout
  bench.leave(1, { host: "elsewhere" })
  bench.files.makeFolder(`${locks}/never-taken.lock`)
  bench.files.makeFolder(`${locks}/old.lock.tmp-1`)
  expect(await Effect.runPromise(sweepLocks(bench.store(), Date.now))).toBe(1)
  expect(readdirSync(locks)).toEqual(["stage.lock"])
  bench.leave(2, { started: "1" })
  expect(await Effect.runPromise(sweepLocks(bench.store(), Date.now))).toBe(1)
  expect(readdirSync(locks)).toEqual([])
})
