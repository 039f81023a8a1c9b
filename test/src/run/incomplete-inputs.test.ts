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
const joined = (mode: typeof each | typeof group) =>
  defineStage.itemwise(`by ${mode === each ? "each" : "group"}`.replace(" ", "-"), {
    inputs: { of: mode(tensors) as ReturnType<typeof each<typeof tensors>> },
    output: one({ n: column.int32() }),
    compute: ones
  })
const [byEach, byGroup] = [joined(each), joined(group)]
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
function graph(isOwn: boolean) {
  const path = join(lab.folder, "items.json")
  writeFileSync(path, '{"i0":[4,1],"i1":[1e999,2]}')
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
const ofOthers = ["each", "group", "names", "fits", "beside"]
const ofAll = ["fitted", "whole", "many"]

it.each([true, false])(
  "stops what reads it as a whole, and nothing else (its own failure: %s)",
  async (isOwn) => {
    const nodes = graph(isOwn)
    // the first failure stops a run without --keep-going, whatever the ports: so the inputs are there before
    await lab.run(nodes, { keepGoing: true })
    for (const stage of [
      "by-each",
      "by-group",
      "by-names",
      "fits",
      "beside",
      "fitted",
      "by-whole",
      "by-many"
    ])
      lab.versions.set(stage, 1)
    const foreseen = forecast(await lab.plan(nodes), false)
    const { run } = await lab.run(nodes)
    const ends = Object.fromEntries(run.nodes.map(({ id, status, error }) => [id, [status, error]]))
    for (const id of ofAll) {
      expect(ends[id], id).toEqual([
        "skipped",
        "rows is incomplete (--keep-going continues without the failed items)"
      ])
      expect(foreseen.get(id), id).toMatchObject({ status: "skipped", certain: true })
    }
    expect(run.status).toBe("failed")
    for (const id of ofOthers) expect(foreseen.get(id)!.status, id).toBe("executed")

    const going = await lab.run(nodes, { keepGoing: true })
    for (const id of [...ofOthers, ...ofAll]) {
      const { status, incomplete } = going.run.nodes.find((node) => node.id === id)!
      expect([id, incomplete]).toEqual([id, true])
      expect(["executed", "cached"], id).toContain(status)
    }
    for (const { node, state } of await lab.plan(nodes))
      if (ofAll.includes(node.id)) expect(state, node.id).toBe("fresh")
  }
)
