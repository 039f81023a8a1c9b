/** Tasks and their results are plain data: an executor on another host gets and gives them as files. */
import { afterEach, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import type { AnyStage } from "../../../src/pipeline/stage.ts"
import type { Executor, Task, TaskResult } from "../../../src/run/task.ts"
import { unflushed } from "./faults.ts"
import { artifactsOf, crashGraph, Lab } from "./lab.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}

it("a run whose tasks and results go through JSON makes the artifacts of any other", async () => {
  const usual = newLab()
  const expected = artifactsOf((await usual.run(crashGraph(usual), { files: unflushed })).run)

  const lab = newLab()
  const kinds = new Set<string>()
  const throughJson = (executor: Executor): Executor => ({
    ...executor,
    execute: (task, report) => {
      const { stage, ...plain } = task
      const sent = JSON.parse(JSON.stringify(plain)) as Omit<Task, "stage">
      expect(sent).toEqual(plain)
      kinds.add((stage as AnyStage).kind)
      return Effect.map(executor.execute({ ...sent, stage }, report), (result) => {
        const came = JSON.parse(JSON.stringify(result)) as TaskResult
        expect(came).toEqual(result)
        return came
      })
    }
  })
  const { run } = await lab.run(crashGraph(lab), { executor: throughJson, files: unflushed })
  expect(run.status).toBe("ok")
  expect(artifactsOf(run)).toEqual(expected)
  expect([...kinds].sort()).toEqual(["itemwise", "source", "whole"])
})

it("an executor says how many chunks it takes at a time, and how long one should last", async () => {
  const lab = newLab()
  const sizes: Array<number> = []
  let [now, most] = [0, 0]
  const cluster = (executor: Executor): Executor => ({
    ...executor,
    tasks: 3,
    chunkMs: 1_000_000,
    execute: (task, report) => {
      if (task.items !== null) sizes.push(task.items.length)
      return Effect.suspend(() => {
        most = Math.max(most, ++now)
        return Effect.ensuring(
          Effect.andThen(Effect.yieldNow, executor.execute(task, report)),
          Effect.sync(() => now--)
        )
      })
    }
  })
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`i${i}`, [i, 1] as const]))
  const { run } = await lab.run(crashGraph(lab, many), { executor: cluster, files: unflushed })
  expect(run.status).toBe("ok")
  expect(most).toBe(3)
  // long chunks: as many items as a call takes, where an executor of this machine would take fewer of slow ones
  expect(Math.max(...sizes)).toBeGreaterThan(8)
})
