import { expect, it } from "vitest"
import { buildGraph } from "../../../src/pipeline/graph.ts"
import { column, defineStage, each, group, many, one, param, rows, table, whole } from "../../../src/index.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"

const numbers = defineStage.source("numbers", {
  item: "number",
  params: { count: param.int({ default: 3, min: 1 }) },
  output: one({ value: column.float64() }),
  compute: async function* () {}
})
const add = defineStage.itemwise("add", {
  inputs: { a: each({ value: column.float64() }), b: each({ value: column.float64() }) },
  output: one({ value: column.float64() }),
  compute: (items) => items.map(({ a, b }) => ({ value: a.value + b.value }))
})
const total = defineStage.whole("total", {
  inputs: { of: many({ value: column.float64() }) },
  output: table({ value: column.float64() }),
  compute: () => []
})
const build = (returned: unknown) => buildGraph("test", returned, (path) => path)
const messages = (returned: unknown) => build(returned).issues.map(({ message }) => message)

it("orders nodes so that inputs come first, each once", () => {
  const n = numbers("n", {})
  const doubled = add("doubled", { a: n, b: n })
  const { graph, issues } = build({ out: total("total", { of: [doubled, n] }) })
  expect(issues).toEqual([])
  expect(graph.nodes.map(({ id }) => id)).toEqual(["n", "doubled", "total"])
  expect(graph.byId.get("doubled")!.itemRoot).toBe(graph.byId.get("n"))
  expect(graph.byId.get("total")!.itemRoot).toBeNull()
})

it("takes a chain that is longer than the stack is deep", () => {
  const chain = (length: number) => {
    let last = numbers("n0", {})
    for (let i = 1; i < length; i++) last = add(`n${i}`, { a: last, b: last })
    return build({ last })
  }
  const { graph, issues } = chain(20_000)
  expect(issues).toEqual([])
  expect(graph.nodes.map(({ id }) => id)).toEqual(graph.nodes.map((_, i) => `n${i}`))
})

it("refuses two nodes of one id", () => {
  const n = numbers("n", {})
  expect(messages({ out: [n, add("x", { a: n, b: n }), add("x", { a: n, b: n })] })).toEqual([
    'two nodes are called "x" (stages "add" and "add")'
  ])
})

it("refuses ports with items of different nodes, naming both", () => {
  const out = add("sum", { a: numbers("here", {}), b: numbers("there", {}) })
  expect(messages({ out })).toEqual([
    'node "sum": its ports get items from different nodes: "a" from "here", "b" from "there"'
  ])
})

it("refuses an empty fan-out and an empty graph", () => {
  expect(messages({ out: total("t", { of: [] }) })).toEqual(['node "t": port "of" is fed by an empty list'])
  expect(messages({})).toEqual(["the graph returns no nodes"])
  expect(messages({ out: 3 })).toEqual(['the graph\'s output "out" is not a node or a list of nodes'])
})

it.each(["Upper", "a b", "a//b", "../a", "a/..", "", "/a"])("refuses the id %j", (id) => {
  expect(messages({ out: numbers(id, {}) })).toEqual([`"${id}" cannot be a node's id`])
})

it.each([
  ["x".repeat(101), /the node id "x+" is too long: 101 bytes, at most 100/],
  [`a/${"x".repeat(300)}`, /the node id "a\/x+" has a segment that is too long: 300 bytes, at most 100/],
  [
    Array.from({ length: 11 }, () => "x".repeat(100)).join("/"),
    /the node id .* is too long: 1110 bytes, at most 1024/
  ]
])("refuses the id that is too long: %j", (id, message) => {
  const { issues } = build({ out: numbers(id, {}) })
  expect(issues).toEqual([
    {
      field: id,
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining("shorter id") as string
    }
  ])
})

it.each(["x".repeat(100), Array.from({ length: 10 }, () => "x".repeat(100)).join("/")])(
  "takes the id that is just short enough",
  (id) => expect(messages({ out: numbers(id, {}) })).toEqual([])
)

it("refuses stages, items and columns whose names are too long", () => {
  const long = "x".repeat(101)
  const stage = (name: string, item: string, column_: string) =>
    defineStage.source(name, {
      item,
      params: {},
      output: one({ [column_]: column.utf8() }),
      compute: async function* () {}
    })("x", {})
  expect(messages({ out: stage(long, "item_", "a") })).toEqual([
    `stage "${long}": its name is too long: 101 bytes, at most 100`
  ])
  expect(messages({ out: stage("s", long, "a") })).toEqual([
    'stage "s": its items\' name is too long: 101 bytes, at most 100'
  ])
  expect(messages({ out: stage("s", "item_", long) })).toEqual([
    `stage "s": the column name "${long}" is too long: 101 bytes, at most 100`
  ])
})

it.each([
  "a.parquet",
  "a.json",
  "run.json/a",
  "a/b.arrow",
  "log.ndjson/a",
  "pinned/a",
  "a.lock",
  "a.tmp-1",
  "a/x.00000.arrow/b"
])("refuses the id %j, which is that of a file of the store", (id) => {
  const [message, ...more] = messages({ out: numbers(id, {}) })
  expect(message).toMatch(/cannot be a node's id|a node cannot be called/)
  expect(more).toEqual([])
})

it("refuses a stage whose locks would look like temporary files", () => {
  const stage = defineStage.source("a.tmp-b", {
    item: "number",
    params: {},
    output: one({ value: column.float64() }),
    compute: async function* () {}
  })
  expect(messages({ out: stage("x", {}) })).toEqual(['"a.tmp-b" cannot be a stage\'s name'])
})

it("refuses what types would have refused, for files without types", () => {
  const n = numbers("n", {})
  const anyAdd = add as unknown as (id: string, args: object) => typeof n
  expect(messages({ out: anyAdd("x", { a: n }) })).toEqual([
    'node "x": port "b" of stage "add" is not fed by a node'
  ])
  const text = defineStage.whole("text", {
    inputs: { of: whole({ value: column.utf8(), more: column.utf8() }) },
    output: table({ value: column.utf8() }),
    compute: () => []
  }) as unknown as (id: string, args: object) => typeof n
  expect(messages({ out: text("t", { of: n }) })).toEqual([
    'node "t": port "of" reads "value" as utf8, but in "n" it is float64',
    'node "t": port "of" reads the column "more", which "n" does not have'
  ])
})

it("refuses a parameter's value, naming node and parameter", () => {
  const { issues } = build({ out: numbers("n", { count: 0 }) })
  expect(issues).toEqual([{ field: "n.count", message: 'node "n": count: 0 is outside 1 to …', hint: null }])
})

it("refuses a column that is called as the items are", () => {
  const odd = defineStage.source("odd", {
    item: "scene",
    params: {},
    output: one({ scene: column.utf8() }),
    compute: async function* () {}
  })
  expect(messages({ out: odd("o", {}) })).toEqual([
    'stage "odd": the column name "scene" is taken by the items\' ids'
  ])
})

it("refuses names that would leave the store, or that items have already", () => {
  const stage = (name: string, item: string, column_: string) =>
    defineStage.source(name, {
      item,
      params: {},
      output: one({ [column_]: column.utf8() }),
      compute: async function* () {}
    })("x", {})
  expect(messages({ out: stage("../../evil", "scene", "a") })).toEqual([
    '"../../evil" cannot be a stage\'s name'
  ])
  expect(messages({ out: stage("s", "a b", "a") })).toEqual(['stage "s": its items cannot be called "a b"'])
  for (const name of ["id", "item", "failed"])
    expect(messages({ out: stage("s", "scene", name) })).toEqual([
      `stage "s": a column cannot be called "${name}"`
    ])
})

it("refuses ids that would lie in one place", () => {
  const tensors = defineStage.source("tensors", {
    item: "scene",
    params: {},
    output: one({ t: column.tensors("x") }),
    compute: async function* () {}
  })
  expect(messages({ out: [tensors("a", {}), numbers("a/items", {})] })).toEqual([
    'the node "a/items" takes the place of the items of "a"'
  ])
  expect(messages({ out: numbers("run.json", {}) })).toEqual(['a node cannot be called "run.json"'])
})

it("refuses a port that declares no column, where the key would not hold how many rows there are", () => {
  const spread = defineStage.itemwise("spread", {
    inputs: { of: each({ value: column.float64() }) },
    output: rows({ value: column.float64() }),
    compute: (items) => items.map(() => [])
  })
  const counted = defineStage.whole("counted", {
    inputs: { of: whole({}) },
    output: table({ n: column.int32() }),
    compute: ({ of }) => [{ n: of.rows }]
  })
  const grouped = defineStage.itemwise("grouped", {
    inputs: { of: group({}) },
    output: one({ n: column.int32() }),
    compute: (items) => items.map(({ of }) => ({ n: of.length }))
  })
  const n = numbers("n", {})
  const many_ = spread("s", { of: n })
  const refused = (node: string, of: string, has: string) => ({
    field: `${node}.of`,
    message: `node "${node}": port "of" declares no column of "${of}"`,
    hint: `declare one, so that the key holds its rows: it has ${has}`
  })
  expect(build({ out: counted("x", { of: many_ }) }).issues).toEqual([refused("x", "s", "value")])
  expect(build({ out: grouped("x", { of: many_ }) }).issues).toEqual([refused("x", "s", "value")])
  const again = counted("y", { of: counted("c", { of: n }) })
  expect(build({ out: again }).issues).toEqual([refused("y", "c", "n")])
  // one row an item: the ids tell
  expect(messages({ out: [counted("x", { of: n }), grouped("y", { of: n })] })).toEqual([])
})

it("refuses ports that a stage's function could not tell from something else", () => {
  const stage = (port: string, take: typeof each | typeof whole, params = {}) =>
    defineStage.itemwise("odd", {
      inputs: { of: each({ value: column.float64() }), [port]: take({ value: column.float64() }) },
      params,
      output: one({ n: column.int32() }),
      compute: () => []
    }) as unknown as (id: string, args: object) => AnyRef
  const n = numbers("n", {})
  const told = (port: string, ...more: [typeof each | typeof whole, object?]) =>
    messages({ out: stage(port, ...more)("x", { of: n, [port]: n }) })
  expect(told("id", each)).toEqual(['stage "odd": a port cannot be called "id"'])
  expect(told("params", whole)).toEqual(['stage "odd": a port cannot be called "params"'])
  expect(told("resource", whole)).toEqual(['stage "odd": a port cannot be called "resource"'])
  expect(told("b", each, { b: param.int({ default: 1 }) })).toEqual([
    'stage "odd" has a port and a parameter "b"'
  ])
  const joined = defineStage.whole("joined", {
    inputs: { of: each({ value: column.float64() }) },
    output: table({ n: column.int32() }),
    compute: () => []
  })
  expect(messages({ out: joined("x", { of: n }) })).toEqual([
    'stage "joined": its port "of" is read item by item, which a whole stage cannot do'
  ])
})

it("refuses columns and parameters by names of Object.prototype, which every object seems to have", () => {
  const n = numbers("n", {})
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    const reads = defineStage.whole("reads", {
      inputs: { of: whole(Object.fromEntries([[name, column.float64()]])) },
      output: table({ n: column.int32() }),
      compute: () => []
    }) as unknown as (id: string, args: object) => AnyRef
    expect(messages({ out: reads("x", { of: n }) })).toEqual([
      `node "x": port "of" reads the column "${name}", which "n" does not have`
    ])
    const given = numbers as unknown as (id: string, args: object) => AnyRef
    expect(messages({ out: given("x", Object.fromEntries([[name, 1]])) })).toEqual([
      `node "x": there is no parameter "${name}"`
    ])
    const needs = defineStage.source("needs", {
      item: "scene",
      params: Object.fromEntries([[name, param.int()]]),
      output: one({ a: column.utf8() }),
      compute: async function* () {}
    }) as unknown as (id: string, args: object) => AnyRef
    expect(messages({ out: needs("x", {}) })).toEqual([`node "x": ${name}: a value is missing`])
    const port = defineStage.whole("port", {
      inputs: Object.fromEntries([[name, whole({ value: column.float64() })]]),
      output: table({ n: column.int32() }),
      compute: () => []
    }) as unknown as (id: string, args: object) => AnyRef
    expect(messages({ out: port("x", {}) })).toEqual([
      `node "x": port "${name}" of stage "port" is not fed by a node`
    ])
  }
})
