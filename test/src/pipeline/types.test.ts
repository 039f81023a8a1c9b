/**
 * Wirings that must not compile. `npm run typecheck` is the test: an unused `@ts-expect-error` is an error.
 */
import { expect, expectTypeOf, it } from "vitest"
import {
  type Batch,
  column,
  definePipeline,
  defineStage,
  each,
  failed,
  file,
  type Form,
  group,
  many,
  one,
  param,
  type Ref,
  rows,
  table,
  whole
} from "../../../src/index.ts"

const scenes_ = defineStage.source("scenes", {
  item: "scene",
  params: {
    source: param.oneOf({
      synthetic: { count: param.int({ default: 4 }) },
      folder: { annotations: param.file(), images: param.folder() }
    })
  },
  output: one({ image: column.file(), height: column.int32(), captions: column.list(column.utf8()) }),
  compute: async function* ({ source }) {
    if (source.kind === "folder") expectTypeOf(source.images.path).toEqualTypeOf<string>()
    else expectTypeOf(source.count).toEqualTypeOf<number>()
    yield { id: "1", image: { name: "a.png", content: new Uint8Array() }, height: 1, captions: ["a"] }
  }
})
const encoder = param.struct({
  model: param.file(),
  preset: param.choice(["vit", "clip"], { default: "vit" })
})
const masks_ = defineStage.itemwise("masks", {
  inputs: { scenes: each({ height: column.int32() }) },
  params: { encoder },
  output: rows({ object: column.int32(), coverage: column.float64() }),
  compute: (items, { params }) =>
    items.map(({ scenes }) => [{ object: 0, coverage: params.encoder.preset === "vit" ? 1 : scenes.height }])
})
const activations_ = defineStage.itemwise("activations", {
  inputs: { scenes: each({ image: column.file() }), masks: group({ object: column.int32() }) },
  params: { encoder },
  output: rows({ token: column.utf8(), activation: column.tensors("width") }),
  compute: async (items) =>
    Promise.all(
      items.map(async ({ scenes, masks }) =>
        (await scenes.image.bytes()).length === 0
          ? failed("empty")
          : masks.map(({ object }) => ({ token: String(object), activation: { embed: new Float32Array(1) } }))
      )
    )
})
const probes_ = defineStage.whole("probes", {
  inputs: { activations: whole({ token: column.utf8(), activation: column.tensors("width") }) },
  params: { seed: param.int({ default: 7 }) },
  output: table({ accuracy: column.float64() }),
  compute: async function* ({ activations }, { seed }) {
    const { token, item } = await activations.read("token")
    expectTypeOf(token).toEqualTypeOf<ReadonlyArray<string>>()
    expectTypeOf(item).toEqualTypeOf<ReadonlyArray<string>>()
    // @ts-expect-error a tensor is read by tensor(family, member)
    await activations.read("activation")
    // @ts-expect-error the port does not declare it
    await activations.read("source")
    // @ts-expect-error the port does not declare it
    activations.batches("token", "source")
    // @ts-expect-error the port does not declare it
    activations.members("weights")
    // @ts-expect-error the port does not declare it
    await activations.tensor("weights", "embed")
    // @ts-expect-error a node's id is not part of any key
    expectTypeOf(activations.node)
    const { data } = await activations.tensor("activation", activations.members("activation")[0]!)
    expectTypeOf(data).toEqualTypeOf<Float32Array>()
    yield { accuracy: seed }
  }
})
const aggregate_ = defineStage.whole("aggregate", {
  inputs: { probes: many({ accuracy: column.float64() }) },
  output: table({ m1: column.float64() }),
  compute: async ({ probes }) =>
    Promise.all(probes.map(async (p) => ({ m1: (await p.read("accuracy")).accuracy[0]! })))
})

const scenes = scenes_("scenes", { source: { kind: "synthetic" } })
const vit = { model: file("a.onnx") }
const masks = masks_("masks", { scenes, encoder: vit })
const activations = activations_("activations", { scenes, masks, encoder: vit })
const probes = probes_("probes", { activations })

it("right wirings compile", () => {
  const readonlyList: ReadonlyArray<typeof probes> = [probes]
  expect(aggregate_("a", { probes: readonlyList }).id).toBe("a")
  expect(aggregate_("a", { probes: [probes, probes_("q", { activations, seed: 3 })] }).args).toHaveProperty(
    "probes"
  )
  expectTypeOf(scenes.form).toEqualTypeOf<"row per item">()
  const more = probes as unknown as Ref<
    { a: ReturnType<typeof column.utf8>; b: ReturnType<typeof column.int32> },
    "table"
  >
  const fewer: Ref<{ a: ReturnType<typeof column.utf8> }, Form> = more
  // @ts-expect-error a ref may have more columns than a port reads, never fewer
  const wrong: typeof more = fewer
  expect(wrong).toBe(more)
})

it("wrong wirings do not compile", () => {
  // @ts-expect-error masks have no image
  activations_("a", { scenes: masks, masks, encoder: vit })
  // @ts-expect-error a table where items are wanted
  masks_("m", { scenes: probes, encoder: vit })
  const text = defineStage.whole("t", {
    inputs: { s: whole({ height: column.utf8() }) },
    output: table({ x: column.utf8() }),
    compute: () => []
  })
  // @ts-expect-error the column has another type
  text("t", { s: scenes })
  // @ts-expect-error a forgotten input
  activations_("a", { scenes, encoder: vit })
  // @ts-expect-error a misspelt parameter
  probes_("p", { activations, sede: 3 })
  // @ts-expect-error an edge is a node, never a string
  probes_("p", { activations: "activations" })
  // @ts-expect-error one node where a list is wanted
  aggregate_("a", { probes })
  // @ts-expect-error a list of nodes that lack the column
  aggregate_("a", { probes: [scenes] })
  // @ts-expect-error a list where one node is wanted
  probes_("p", { activations: [activations] })
  // @ts-expect-error not one of the choices
  masks_("m", { scenes, encoder: { model: file("x"), preset: "vitt" } })
  // @ts-expect-error a path is a file(…), not text
  masks_("m", { scenes, encoder: { model: "x.onnx" } })
  // @ts-expect-error a field of another variant
  scenes_("s", { source: { kind: "folder", count: 3 } })
  // @ts-expect-error no such variant
  scenes_("s", { source: { kind: "web" } })
  // @ts-expect-error a required parameter is missing
  masks_("m", { scenes })
  expect(true).toBe(true)
})

it("wrong stages do not compile", () => {
  const inputs = { s: each({ height: column.int32() }) }
  const output = one({ h: column.float64() })
  defineStage.itemwise("x", {
    inputs,
    output,
    // @ts-expect-error text in a float64 column
    compute: (items) => items.map((i) => ({ h: String(i.s.height) }))
  })
  defineStage.itemwise("x", {
    inputs,
    output,
    // @ts-expect-error a column that the port does not read
    compute: (items) => items.map((i) => ({ h: i.s.width }))
  })
  defineStage.itemwise("x", {
    inputs,
    output,
    // @ts-expect-error rows where one row is wanted
    compute: (items) => items.map((i) => [{ h: i.s.height }])
  })
  // @ts-expect-error a misspelt field of the definition
  defineStage.itemwise("x", { inputs, outputs: output, compute: () => [] })
  // @ts-expect-error a source has to say what its items are
  defineStage.source("x", { params: {}, output, compute: async function* () {} })
  defineStage.itemwise("x", {
    inputs,
    output,
    compute: (items, { resource }) => {
      // @ts-expect-error `open` after `compute`: the resource is not known
      return items.map(() => ({ h: resource.session }))
    },
    // @ts-expect-error `open` must stand before `compute`
    open: async (params) => ({ session: params })
  })
  defineStage.itemwise("x", {
    inputs,
    output,
    params: { k: param.int() },
    open: async ({ k }) => ({ session: k }),
    compute: (items, { resource }) => {
      expectTypeOf(resource).toEqualTypeOf<{ session: number }>()
      return items.map(() => ({ h: resource.session }))
    }
  })
  const clash = defineStage.whole("c", {
    inputs: { seed: whole({ a: column.utf8() }) },
    params: { seed: param.int() },
    output: table({ x: column.utf8() }),
    compute: () => []
  })
  // @ts-expect-error a port and a parameter of one name can never be satisfied
  clash("c", { seed: 1 })
  // @ts-expect-error a default outside the choices
  param.choice(["a", "b"], { default: "c" })
  // @ts-expect-error a default of another type
  param.int({ default: "7" })
  async function plain(items: Batch<typeof inputs>) {
    return items.map((i) => ({ h: i.s.height }))
  }
  expect(defineStage.itemwise("x", { inputs, output, compute: plain }).stage.name).toBe("x")
})

it("wrong pipelines do not compile", () => {
  // @ts-expect-error a parameter is not a node
  definePipeline("x", { params: { n: param.int({ default: 1 }) }, graph: ({ n }) => ({ out: n }) })
  definePipeline("x", {
    params: { n: param.int({ default: 1 }) },
    // @ts-expect-error a parameter that is not declared
    graph: ({ m }) => ({ out: scenes, m })
  })
  definePipeline("x", {
    params: { name: param.text({ default: "a" }) },
    graph: ({ name }) => {
      // @ts-expect-error text where a number is wanted
      return { out: probes_("p", { activations, seed: name }) }
    }
  })
  expect(true).toBe(true)
})
