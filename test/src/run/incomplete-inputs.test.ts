/** Which ports stop a node whose input is incomplete, and what --keep-going changes. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, each, group, many, memberNames, one, table, whole } from "../../../src/index.ts"
import { forecast } from "../../../src/plan/forecast.ts"
import { coarse, fits, fitted, Lab, numbers, taps } from "./lab.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const text = table({ name: column.utf8() })
const tensors = { x: column.tensors("one") }
const ones = (items: ReadonlyArray<unknown>) => items.map(() => ({ n: 1 }))
const byEach = defineStage.itemwise("by-each", {
  inputs: { of: each(tensors) },
  output: one({ n: column.int32() }),
  compute: ones
})
const byGroup = defineStage.itemwise("by-group", {
  inputs: { of: group(tensors) },
  output: one({ n: column.int32() }),
  compute: ones
})
const byNames = defineStage.whole("by-names", {
  inputs: { of: memberNames("x") },
  output: text,
  compute: ({ of }) => of.map((name) => ({ name }))
})
/** Joined by other items, it reads the names alone. */
const beside = defineStage.itemwise("beside", {
  inputs: { of: each({ name: column.utf8() }), all: memberNames("x") },
  output: one({ n: column.int32() }),
  compute: (items, { all }) => items.map(() => ({ n: all.length }))
})
const byWhole = defineStage.whole("by-whole", { inputs: { of: whole({}) }, output: text, compute: () => [] })
const byMany = defineStage.whole("by-many", { inputs: { of: many({}) }, output: text, compute: () => [] })

/** Of two items of the tensors' maker one fails; or its own input is incomplete. */
function graph(isOwn: boolean, more = "") {
  const path = join(lab.folder, "items.json")
  writeFileSync(path, `{"i0":[4,1],"i1":[1e999,2]${more}}`)
  const source = numbers("source", { file: { path } })
  const members = [{ name: "m", times: 1 }]
  const failing = defineStage.itemwise("failing", {
    inputs: { of: each({ a: column.float64() }) },
    output: one({ b: column.float64(), ...tensors }),
    compute: (items) =>
      items.map(({ of: { a } }) =>
        Number.isFinite(a) ? { b: 1, x: { m: Float32Array.of(a) } } : { failed: "not a number" }
      )
  })
  const rows = isOwn
    ? failing("rows", { of: source })
    : taps("rows", { of: coarse("halves", { of: source, step: 2 }), members })
  const fit = fits("fits", { names: rows })
  return lab.graph({
    joined: [
      byEach("each", { of: rows }),
      byGroup("group", { of: rows }),
      byNames("names", { of: rows }),
      beside("beside", { of: fit, all: rows }),
      fitted("fitted", { rows, fit }),
      byWhole("whole", { of: rows }),
      byMany("many", { of: [rows] })
    ] as never
  })
}
const ofOthers = ["each", "group", "names", "beside"]
const ofAll = ["fitted", "whole", "many"]

/** All are to be computed, and their inputs are there. */
async function prepared(isOwn: boolean) {
  const nodes = graph(isOwn)
  await lab.run(nodes, { keepGoing: true })
  for (const stage of ["by-each", "by-group", "by-names", "beside", "fitted", "by-whole", "by-many"])
    lab.versions.set(stage, 1)
  return nodes
}
const why = "rows is incomplete (--keep-going continues without the failed items)"

it.each([true, false])(
  "stops what reads it as a whole, and nothing else (its own failure: %s)",
  async (isOwn) => {
    const plans = await lab.plan(await prepared(isOwn))
    const foreseen = (keepGoing: boolean) => {
      const all = forecast(plans, keepGoing)
      return (id: string) => ({ id, status: all.get(id)!.status, why: all.get(id)!.why })
    }
    for (const id of ofAll) expect(foreseen(false)(id)).toEqual({ id, status: "skipped", why })
    for (const id of ofOthers) expect(foreseen(false)(id)).toEqual({ id, status: "executed", why: null })
    for (const id of [...ofAll, ...ofOthers])
      expect(foreseen(true)(id)).toEqual({ id, status: "executed", why: null })
  }
)

it("a run does so too", async () => {
  const { run } = await lab.run(await prepared(true))
  const ends = new Map(run.nodes.map(({ id, status, error }) => [id, { status, error }]))
  for (const id of ["each", "group", "names"])
    expect(ends.get(id)).toEqual({ status: "executed", error: null })
  for (const id of ["whole", "many"]) expect(ends.get(id)).toEqual({ status: "skipped", error: why })
  expect(ends.get("fitted")!.error).toContain(why)
})

it.each([true, false])(
  "with --keep-going all go on, and are incomplete (its own failure: %s)",
  async (isOwn) => {
    const nodes = await prepared(isOwn)
    const { run } = await lab.run(nodes, { keepGoing: true })
    for (const id of [...ofOthers, ...ofAll])
      expect(run.nodes.find((node) => node.id === id)).toMatchObject({
        id,
        status: "executed",
        incomplete: true
      })
    for (const { node, state } of await lab.plan(nodes))
      if (ofAll.includes(node.id)) expect([node.id, state]).toEqual([node.id, "fresh"])
  }
)

it.each([true, false])(
  "so is a list of names that a plan knows before its input is made (%s)",
  async (isOwn) => {
    await prepared(isOwn)
    const nodes = graph(isOwn, ',"i2":[6,1]')
    const above = nodes.nodes.filter(({ id }) => id === "source" || id === "halves")
    await lab.run({ ...nodes, nodes: above }, { keepGoing: true })
    const plans = new Map((await lab.plan(nodes)).map((plan) => [plan.node.id, plan]))
    expect(["rows", "fits"].map((id) => plans.get(id)!.state)).toEqual(["stale", "fresh"])
    const { run } = await lab.run(nodes, { keepGoing: true })
    const fit = run.nodes.find(({ id }) => id === "fits")!
    expect([fit.status, fit.incomplete]).toEqual(["cached", plans.get("fits")!.known!.incomplete])
    expect(fit.incomplete).toBe(true)
  }
)
