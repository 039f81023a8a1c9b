/** A stage that is silent for long is named in the log, once, and left alone. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import type { Problem } from "../../../src/support/problem.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../../../src/run/task.ts"
import { watchful } from "../../../src/executors/local.ts"

const task = { node: "probes/vit", stage: { name: "fit-probes" } } as unknown as Task
const result: TaskResult = { shards: [], failed: [], reads: [], partial: [] }

/** By a clock that stands still until it is set. */
const underTestClock = (program: Effect.Effect<void, Problem>) => () =>
  Effect.runPromise(Effect.provide(program, TestClock.layer()))

/** Executes the task by `work`, and gathers what is logged. */
function watched(work: (report: TaskReport) => Effect.Effect<TaskResult, Problem>) {
  const log: Array<string> = []
  const executor: Executor = watchful({
    name: "test",
    tasks: 1,
    threads: 1,
    chunkMs: 2000,
    execute: (_task, report) => work(report)
  })
  const report = { log: (message: string) => void log.push(message), progress: () => {} }
  return { log, execute: executor.execute(task, report) }
}

it(
  "says after 60 s, 10 min and an hour that a stage has not answered, and goes on waiting",
  underTestClock(
    Effect.gen(function* () {
      const { log, execute } = watched(() => Effect.as(Effect.sleep("9 hours"), result))
      const fiber = yield* Effect.forkChild(execute)
      yield* TestClock.adjust("59 seconds")
      expect(log).toEqual([])
      yield* TestClock.adjust("1 second")
      expect(log).toEqual([expect.stringMatching(/^stage "fit-probes" has been silent for 60 s: .*Ctrl-C/)])
      yield* TestClock.adjust("539 seconds")
      expect(log).toHaveLength(1)
      yield* TestClock.adjust("8 hours")
      expect(log.map((line) => /for (\d+) s/.exec(line)![1])).toEqual(["60", "600", "3600"])
      yield* TestClock.adjust("1 hour")
      expect(yield* Fiber.join(fiber)).toBe(result)
    })
  )
)

it(
  "is quiet while a stage logs or tells its progress",
  underTestClock(
    Effect.gen(function* () {
      const { log, execute } = watched(({ progress }) =>
        Effect.gen(function* () {
          for (let done = 1; done <= 40; done++) {
            yield* Effect.sleep("30 seconds")
            progress(done, 40)
          }
          return result
        })
      )
      const fiber = yield* Effect.forkChild(execute)
      yield* TestClock.adjust("20 minutes")
      expect(yield* Fiber.join(fiber)).toBe(result)
      expect(log).toEqual([])
    })
  )
)

it(
  "says it once a node, however many of its tasks are long",
  underTestClock(
    Effect.gen(function* () {
      const { log, execute } = watched(() => Effect.as(Effect.sleep("2 minutes"), result))
      const fiber = yield* Effect.forkChild(Effect.andThen(execute, execute))
      yield* TestClock.adjust("4 minutes")
      yield* Fiber.join(fiber)
      expect(log).toHaveLength(1)
    })
  )
)
