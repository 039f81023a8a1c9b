/** Wirings of members of tensor families, and of stages that make items, that types do not refuse, or that have none. */
import { describe, expect, it } from "vitest"
import { buildGraph } from "../../../src/pipeline/graph.ts"
import {
  column,
  defineStage,
  each,
  member,
  memberNames,
  one,
  rows,
  table,
  whole
} from "../../../src/index.ts"
import type { MemberOf, Ports } from "../../../src/pipeline/ports.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"

const numbers = defineStage.source("numbers", {
  item: "number",
  params: {},
  output: one({ b: column.float64() }),
  compute: async function* () {}
})
const taps = defineStage.itemwise("taps", {
  inputs: { of: each({ b: column.float64() }) },
  output: rows({ b: column.float64(), x: column.tensors("width"), plain: column.utf8() }),
  compute: (items) => items.map(() => [])
})
const fits = defineStage.whole("fits", {
  item: "fit",
  inputs: { names: memberNames("x") },
  output: one({ name: column.utf8(), n: column.int32(), maybe: column.nullable(column.utf8()) }),
  compute: () => []
})
type AnyStageOf = (id: string, args: object) => AnyRef
const issuesOf = (out: unknown) => buildGraph("test", { out }, (path) => path).issues
const messages = (out: unknown) => issuesOf(out).map(({ message }) => message)
const n = numbers("n", {})
const tensors = taps("tensors", { of: n })
const fit = fits("fits", { names: tensors })

/** A stage with a member port beside those of the rows and of the fits. */
const fitted = (of: MemberOf, others: Ports = {}, family = "x") =>
  defineStage.itemwise("fitted", {
    inputs: {
      rows: whole({ b: column.float64() }),
      fit: each({ name: column.utf8(), n: column.int32(), maybe: column.nullable(column.utf8()) }),
      ...others,
      x: member(family, of)
    },
    output: one({ n: column.int32() }),
    compute: () => []
  }) as unknown as AnyStageOf
const right = { of: "rows", by: "fit.name" }
const args = { rows: tensors, fit }

it("takes the artifact of a whole port and the text column of an each port", () => {
  const { graph, issues } = buildGraph("test", { out: fitted(right)("x", args) }, (path) => path)
  expect(issues).toEqual([])
  const [, made, listed, last] = graph.nodes
  expect([made!.id, listed!.id, last!.id]).toEqual(["tensors", "fits", "x"])
  expect(last!.itemRoot).toBe(listed)
  expect(listed!.itemRoot).toBe(listed)
  expect(last!.inputs).toEqual([made, listed])
  expect(last!.ports["x"]).toMatchObject({ from: [made], by: { port: "fit", column: "name" } })
})

describe("refuses a member port", () => {
  const wrongOf = (of: string) =>
    `stage "fitted": its member port reads the artifact of "${of}", which is not a whole(…) port`
  it.each(["none", "fit", "x", "toString", ""])("of no whole port: %j", (of) => {
    const issues = issuesOf(fitted({ of, by: "fit.name" })("y", args))
    expect(issues).toContainEqual({
      field: "fitted.x",
      message: wrongOf(of),
      hint: "add such a port for the artifact: its columns describe the rows of the member's matrix"
    })
  })
  it("of no port, though a node is given by that name, which nothing else in the graph uses", () => {
    const of = { of: "other", by: "fit.name" }
    const found = messages(fitted(of)("y", { ...args, other: taps("other", { of: numbers("o", {}) }) }))
    expect(found).toContain(wrongOf("other"))
    expect(found).toContain('node "y": there is no parameter "other"')
  })
  const wrongBy = (by: string) =>
    `stage "fitted": its member port takes names from "${by}", which is not a text column of an each(…) port`
  it.each([
    "name",
    "fit",
    "fit.",
    ".name",
    "fit.n",
    "fit.maybe",
    "fit.none",
    "rows.b",
    "fit.toString",
    "x.x",
    "",
    "fit.name.more"
  ])("whose names are in no text column of an each port: %j", (by) =>
    expect(messages(fitted({ of: "rows", by })("y", args))).toEqual([wrongBy(by)])
  )
  it("of a column that is no family, or that is not there", () => {
    expect(messages(fitted(right, {}, "plain")("y", args))).toEqual([
      'node "y": port "x" reads "plain" as tensors, but in "tensors" it is utf8'
    ])
    expect(messages(fitted(right, {}, "none")("y", args))).toEqual([
      'node "y": port "x" reads the column "none", which "tensors" does not have'
    ])
  })
  it("that is given an input", () => {
    expect(issuesOf(fitted(right)("y", { ...args, x: tensors }))).toEqual([
      {
        field: "y.x",
        message: 'node "y": port "x" of stage "fitted" has no input of its own',
        hint: 'it reads the node at port "rows": leave "x" out'
      }
    ])
  })
  it("in a whole stage", () => {
    const stage = defineStage.whole("wrong", {
      inputs: { rows: whole({ b: column.float64() }), x: member("x", right) },
      output: table({ n: column.int32() }),
      compute: () => []
    })
    expect(messages(stage("y", { rows: tensors }))).toEqual([
      'stage "wrong": its port "x" is read item by item, which a whole stage cannot do'
    ])
  })
  it("as the only one: it gives no items", () => {
    const stage = defineStage.itemwise("alone", {
      inputs: { rows: whole({ b: column.float64() }), x: member("x", { of: "rows", by: "rows.b" }) },
      output: one({ n: column.int32() }),
      compute: () => []
    })
    expect(messages(stage("y", { rows: tensors }))).toEqual([
      expect.stringContaining("which is not a text column of an each(…) port"),
      'itemwise stage "alone" has no port that gives it items'
    ])
  })
})

describe("refuses a port for names", () => {
  const listing = (family: string) =>
    defineStage.whole("listing", {
      inputs: { names: memberNames(family) },
      output: table({ n: column.int32() }),
      compute: () => []
    }) as unknown as AnyStageOf
  it("of a column that is no family, or that is not there", () => {
    expect(messages(listing("plain")("y", { names: tensors }))).toEqual([
      'node "y": port "names" reads "plain" as tensors, but in "tensors" it is utf8'
    ])
    for (const family of ["none", "toString", "__proto__"])
      expect(messages(listing(family)("y", { names: tensors }))).toEqual([
        `node "y": port "names" reads the column "${family}", which "tensors" does not have`
      ])
  })
  it("with no node, or with several", () => {
    const unfed = 'node "y": port "names" of stage "listing" is not fed by a node'
    expect(messages(listing("x")("y", {}))).toEqual([unfed])
    expect(messages(listing("x")("y", { names: [tensors] }))).toEqual([unfed])
  })
})

describe("a whole stage", () => {
  const making = (spec: object) =>
    (defineStage.whole as (name: string, spec: object) => AnyStageOf)("making", {
      inputs: { of: whole({ b: column.float64() }) },
      compute: () => [],
      ...spec
    })("y", { of: n })
  const output = { n: column.int32() }
  it.each([one(output), rows(output)])("that makes items has to say of which kind", (made) => {
    expect(issuesOf(making({ output: made }))).toEqual([
      {
        field: "making",
        message: 'stage "making" makes items but does not declare their kind',
        hint: 'declare `item`, such as item: "scene"'
      }
    ])
    expect(messages(making({ output: made, item: "thing" }))).toEqual([])
  })
  it("that makes a table has no items", () => {
    expect(messages(making({ output: table(output), item: "thing" }))).toEqual([
      'stage "making" declares items ("thing") but gives a table'
    ])
  })
  it("cannot call a column as its items, nor its items as everything is called", () => {
    expect(messages(making({ output: one(output), item: "n" }))).toEqual([
      'stage "making": the column name "n" is taken by the items\' ids'
    ])
    expect(messages(making({ output: one(output), item: "item" }))).toEqual([
      'stage "making": its items cannot be called "item"'
    ])
  })
  it("makes items of its own: they are not joined by those of a source", () => {
    const both = defineStage.itemwise("both", {
      inputs: { a: each({ name: column.utf8() }), b: each({ b: column.float64() }) },
      output: one(output),
      compute: () => []
    })
    expect(messages(both("y", { a: fit, b: n }))).toEqual([
      'node "y": its ports get items from different nodes: "a" from "fits", "b" from "n"'
    ])
  })
})
