/** Tasks and their results are plain data: an executor on another host gets and gives them as files. */
import { afterEach, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { column, defineStage, each, one } from "../../../src/index.ts"
import type { AnyStage } from "../../../src/pipeline/stage.ts"
import type { Executor, Task, TaskResult } from "../../../src/run/task.ts"
import { unflushed } from "./faults.ts"
import { artifactsOf, crashGraph, Lab, numbers } from "./lab.ts"

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

const copies = defineStage.itemwise("copies", {
  inputs: { of: each({ a: column.float64() }) },
  output: one({ a: column.float64() }),
  compute: (items) => items.map(({ of }) => ({ a: of.a }))
})

/** Runs 100 items through an executor of 3 tasks; returns the sizes of its chunks, and how many ran at once. */
async function chunksOf(chunkMs: number) {
  const lab = newLab()
  const sizes: Array<number> = []
  let [running, most] = [0, 0]
  const cluster = (executor: Executor): Executor => ({
    ...executor,
    tasks: 3,
    chunkMs,
    execute: (task, report) => {
      if (task.items !== null) sizes.push(task.items.length)
      return Effect.suspend(() => {
        most = Math.max(most, ++running)
        return Effect.ensuring(
          Effect.andThen(Effect.yieldNow, executor.execute(task, report)),
          Effect.sync(() => running--)
        )
      })
    }
  })
  const items = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`i${i}`, [i, 1] as const]))
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const { run } = await lab.run(lab.graph({ out: copies("out", { of: source }) }), {
    executor: cluster,
    files: unflushed
  })
  expect(run.status).toBe("ok")
  return { sizes, most }
}

it("an executor says how many chunks it takes at a time, and how long one should last", async () => {
  const long = await chunksOf(1e9)
  expect(long.most).toBe(3)
  // a third of what was left after the first chunks of 8
  expect(Math.max(...long.sizes)).toBeGreaterThan(20)
  const short = await chunksOf(1)
  expect(short.most).toBe(3)
  expect(short.sizes.filter((size) => size === 1).length).toBeGreaterThan(70)
})
