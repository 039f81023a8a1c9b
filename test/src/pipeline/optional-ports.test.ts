import { expect, expectTypeOf, it } from "vitest"
import {
  column,
  defineStage,
  each,
  group,
  many,
  member,
  one,
  optional,
  type Ref,
  type Table,
  table,
  whole
} from "../../../src/index.ts"
import { buildGraph } from "../../../src/pipeline/graph.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"

const value = { value: column.float64() }
const numbers = defineStage.source("numbers", {
  item: "number",
  output: one(value),
  compute: async function* () {}
})
const joins = defineStage.itemwise("joins", {
  inputs: {
    of: each(value),
    more: optional(group(value)),
    beside: optional(whole(value)),
    others: optional(many(value))
  },
  output: one(value),
  losses: ({ inputs }) => {
    expectTypeOf(inputs.more).toEqualTypeOf<Table<typeof value> | undefined>()
    expectTypeOf(inputs.others).toEqualTypeOf<ReadonlyArray<Table<typeof value>> | undefined>()
    return []
  },
  compute: (items, { beside, others }) => {
    expectTypeOf(beside).toEqualTypeOf<Table<typeof value> | undefined>()
    expectTypeOf(others).toEqualTypeOf<ReadonlyArray<Table<typeof value>> | undefined>()
    return items.map(({ of, more }) => ({ value: more === undefined ? of.value : more.length }))
  }
})
const gathers = defineStage.itemwise("gathers", {
  inputs: { a: optional(group(value)), b: optional(group(value)) },
  output: one(value),
  compute: (items) => items.map(({ a, b }) => ({ value: (a ?? b ?? []).length }))
})
const build = (out: AnyRef) => buildGraph("test", { out }, (path) => path)
const issuesOf = (out: AnyRef) => build(out).issues
const n = numbers("n", {})

it("has no port, and no input, where a node leaves it out", () => {
  for (const args of [{ of: n }, { of: n, more: undefined, beside: undefined }]) {
    const { graph, issues } = build(joins("joins", args))
    expect(issues).toEqual([])
    const node = graph.byId.get("joins")!
    expect(Object.keys(node.ports)).toEqual(["of"])
    expect(node.inputs.map(({ id }) => id)).toEqual(["n"])
  }
  const m = numbers("m", {})
  const { graph, issues } = build(joins("joins", { of: n, more: n, others: [m, n] }))
  expect(issues).toEqual([])
  const { ports, inputs } = graph.byId.get("joins")!
  expect(Object.keys(ports)).toEqual(["of", "more", "others"])
  expect(inputs.map(({ id }) => id)).toEqual(["n", "m"])
})

it("is checked like any other where a node connects it", () => {
  expect(issuesOf(joins("joins", { of: n, others: [] }))).toMatchObject([
    { message: 'node "joins": port "others" is fed by an empty list' }
  ])
  expect(issuesOf(joins("joins", { of: n, beside: null as never }))).toMatchObject([
    { message: 'node "joins": port "beside" of stage "joins" is not fed by a node' }
  ])
})

it("does not make its node one without items: one joined port must be connected", () => {
  expect(issuesOf(gathers("g", { b: n }))).toEqual([])
  expect(issuesOf(gathers("g", {}))).toEqual([
    {
      field: "g",
      message: 'node "g": no port gives it items, because "a" and "b" of stage "gathers" are left out',
      hint: "connect a node to one of them"
    }
  ])
})

it("cannot be a port without which a stage makes no sense", () => {
  const odd = defineStage.itemwise("odd", {
    inputs: {
      of: optional(each({ tap: column.utf8() }) as never),
      all: optional(whole(value)),
      tap: member("value", { of: "all", by: "of.tap" })
    },
    output: one(value),
    compute: () => []
  })
  const messages = issuesOf((odd as unknown as (id: string, args: object) => AnyRef)("odd", {})).map(
    ({ message }) => message
  )
  expect(messages).toContain('stage "odd": its port "of" is read by each(…), which cannot be optional')
  expect(messages).toContain(
    'stage "odd": its member port reads the artifact of "all", which a node may leave out'
  )
})

it("wrong wirings do not compile", () => {
  // @ts-expect-error its other ports are needed
  joins("j", { more: n })
  const other = n as unknown as Ref<{ readonly text: ReturnType<typeof column.utf8> }, "row per item">
  // @ts-expect-error a node without the column
  joins("j", { of: n, beside: other })
  // @ts-expect-error a row of each item cannot be left out
  optional(each(value))
  defineStage.whole("x", {
    inputs: { beside: optional(whole(value)) },
    output: table(value),
    // @ts-expect-error it may be undefined
    compute: ({ beside }) => beside.read("value")
  })
  expect(joins("j", { of: n }).id).toBe("j")
})
