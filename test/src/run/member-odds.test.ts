/** Members of tensor families with odd names, in odd artifacts, at odd ports. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  column,
  defineStage,
  each,
  member,
  memberNames,
  one,
  param,
  type Ref,
  table,
  whole
} from "../../../src/index.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { planAcceptances, writeAcceptances } from "../../../src/plan/accept.ts"
import { coarse, executedIn, fits, fitted, Lab, taps } from "./lab.ts"
import { memberInputs, memberWorld } from "./member-rig.ts"

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

const { source, run, tapsOf } = memberWorld(() => lab)
const inputs = memberInputs

describe("odd worlds", () => {
  const odd = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "a/b",
    "/",
    "a.b",
    "é",
    "1",
    "0",
    " "
  ]
  it("names that every object has, names with slashes", async () => {
    const tensors = tapsOf(odd)
    const { nodes } = await run({
      out: fitted("out", { rows: tensors, fit: fits("fits", { names: tensors }) })
    })
    expect(nodes[3]!.status).toBe("executed")
    // integer names come first in an object, and so in a family
    const order = ["0", "1", ...odd.filter((name) => name !== "0" && name !== "1")]
    const a = (name: string) => (1 * 1 + 2 * 2 + 5 * 2) * (odd.indexOf(name) + 1)
    expect((await heldIn(storeOf(lab), nodes[3]!.artifact!)).rows).toEqual(
      order.map((name) => ({ item: `fit ${name}`, a: a(name), b: 3 }))
    )
  })
  it("names that every object has, and that the family has not", async () => {
    const tensors = tapsOf(["m"])
    const fit = fits("fits", { names: tensors, absent: odd })
    const { nodes } = await run({ out: fitted("out", { rows: tensors, fit }) })
    expect(nodes.find(({ id }) => id === "out")!.items).toMatchObject({ executed: 1, failed: odd.length })
  })
  it("tensors of no item: there are no names, and what names one fails", async () => {
    const tensors = tapsOf(["m"], {})
    const none = await run({ out: fitted("out", { rows: tensors, fit: fits("fits", { names: tensors }) }) })
    expect([none.status, none.nodes.map(({ items: { total } }) => total)]).toEqual(["ok", [0, 0, 0, 0]])
    const fit = fits("fits", { names: tensors, absent: ["m"] })
    const { nodes } = await run({ out: fitted("out", { rows: tensors, fit }) })
    expect(nodes[3]!.failures).toEqual([{ item: "fit m", error: 'there is no name "m" in "x"' }])
  })
  it("tensors of a table, which have no items", async () => {
    const made = defineStage.whole("made", {
      inputs: { of: whole({ a: column.float64() }) },
      params: { times: param.list(param.number()) },
      output: table({ b: column.float64(), x: column.tensors("one") }),
      compute: async ({ of }, { times: [m, n] }) =>
        (await of.read("a")).a.map((a) => ({
          b: 1,
          x: { m: Float32Array.of(a * m!), n: Float32Array.of(a * n!) }
        }))
    })
    const results = async (...times: ReadonlyArray<number>) => {
      const rows = made("made", { of: source(), times })
      const { nodes } = await run({ out: fitted("out", { rows, fit: fits("fits", { names: rows }) }) })
      const held = await heldIn(storeOf(lab), nodes[3]!.artifact!)
      return [nodes[3]!.items.executed, held.rows.map(({ a }) => a)]
    }
    expect(await results(1, 2)).toEqual([2, [8, 16]])
    expect(await results(1, 3)).toEqual([1, [8, 24]])
    expect(await results(5, 3)).toEqual([1, [40, 24]])
  })
  it("items that were accepted: a member that comes is computed, and no other", async () => {
    const graphOf = (names: ReadonlyArray<string>) => {
      const rows = tapsOf(names)
      return lab.graph({ out: fitted("out", { rows, fit: fits("fits", { names: rows }) }) })
    }
    await lab.run(graphOf(["m", "n"]))
    lab.versions.set("fitted", 1)
    lab.versions.set("fits", 1)
    const { nodes } = graphOf(["m", "n"])
    const planning = lab.planning()
    const wanted = new Set(["fits", "out"])
    const accepted = await planAcceptances(nodes, wanted, planning, "2026-01-01T00:00:00.000Z")
    expect(accepted.accepted.map(({ node }) => node.id)).toEqual(["fits", "out"])
    writeAcceptances(planning.store, accepted)
    const same = await lab.run(graphOf(["m", "n"]))
    expect(executedIn(same.run)).toEqual([])
    const more = await lab.run(graphOf(["m", "n", "o"]))
    expect(more.run.nodes[3]).toMatchObject({ items: { executed: 1, cached: 2 } })
  })
  it("two ports of one family, in either order; a node at three ports", async () => {
    const best = defineStage.itemwise("best", {
      inputs: { of: each({ a: column.float64() }) },
      params: { swap: param.bool({ default: false }) },
      output: one({
        b: column.float64(),
        left: column.utf8(),
        right: column.utf8(),
        x: column.tensors("one")
      }),
      compute: (of, { params: { swap } }) =>
        of.map(({ of: { a } }) => {
          const [left, right] = a > 1 !== swap ? (["m", "n"] as const) : (["n", "m"] as const)
          return { b: 1, left, right, x: { m: Float32Array.of(a), n: Float32Array.of(-a) } }
        })
    })
    const both = defineStage.itemwise("both", {
      inputs: {
        right: member("x", { of: "rows", by: "of.right" }),
        rows: whole({ b: column.float64() }),
        of: each({ left: column.utf8(), right: column.utf8() }),
        left: member("x", { of: "rows", by: "of.left" })
      },
      output: one({ sums: column.list(column.float64()) }),
      compute: (of) =>
        Promise.all(
          of.map(async ({ left, right }) => ({ sums: [(await left.read())[0]!, (await right.read())[1]!] }))
        )
    })
    const values = async (swap: boolean) => {
      const all: Ref<any, "row per item"> = best("best", { of: source({ i0: [1, 1], i1: [2, 1] }), swap })
      const { nodes } = await run({ out: both("both", { rows: all, of: all }) })
      expect(nodes[2]!.items.executed).toBe(2)
      return (await heldIn(storeOf(lab), nodes[2]!.artifact!)).rows
    }
    expect(await values(false)).toEqual([
      { item: "i0", sums: [-1, 2] },
      { item: "i1", sums: [1, -2] }
    ])
    expect(await values(true)).toEqual([
      { item: "i0", sums: [1, -2] },
      { item: "i1", sums: [-1, 2] }
    ])
  })
  it("`open` gets the names and the tables, before any item", async () => {
    const opening = defineStage.itemwise("opening", {
      inputs: { ...inputs, all: memberNames("x") },
      output: one({ text: column.utf8() }),
      chunk: 1,
      open: async (_, { threads }, { rows: all, all: names, ...rest }) => ({
        names: names.join(),
        b: (await all.read("b")).b,
        rest: Object.keys(rest),
        threads
      }),
      compute: (of, { resource: { names, b, rest, threads } }) =>
        of.map(() => ({ text: `${names} ${b.join()} ${rest.length} ${threads >= 1}` }))
    })
    const tensors = tapsOf(["m", "n"])
    const fit = fits("fits", { names: tensors })
    const { nodes } = await run({ out: opening("out", { rows: tensors, fit, all: tensors }) })
    const held = await heldIn(storeOf(lab), nodes[3]!.artifact!)
    expect(held.rows.map(({ text }) => text)).toEqual(["m,n 1,2,2 0 true", "m,n 1,2,2 0 true"])
  })
  it("a family whose makers are incomplete, by another port", async () => {
    const all = coarse("halves", { of: source(), step: 2 })
    const tensors = taps("taps", { of: all, members: [{ name: "m", times: 1 }] })
    expect(
      (await run({ out: fitted("out", { rows: tensors, fit: fits("fits", { names: tensors }) }) })).status
    ).toBe("ok")
  })
})
