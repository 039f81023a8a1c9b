/** Records, plans and graphs for the tests of what is printed. */
import { column } from "../../../src/pipeline/columns.ts"
import { buildGraph, type Graph } from "../../../src/pipeline/graph.ts"
import { param } from "../../../src/pipeline/params.ts"
import { each, many, one, table } from "../../../src/pipeline/ports.ts"
import { defineStage } from "../../../src/pipeline/stage.ts"
import { DoneItems } from "../../../src/plan/done-items.ts"
import { Bitset } from "../../../src/plan/bitset.ts"
import { ItemIds } from "../../../src/plan/item-ids.ts"
import type { ItemPlan } from "../../../src/plan/items.ts"
import { PackedKeys } from "../../../src/store/records/packed-keys.ts"
import { SegmentList } from "../../../src/store/items/segments.ts"
import { StringArray } from "../../../src/store/format/string-array.ts"
import type { NodePlan, State } from "../../../src/plan/node-plan.ts"
import type { KnownArtifact } from "../../../src/plan/planning.ts"
import type { Manifest } from "../../../src/store/records/manifest.ts"
import type { NodeRecord, RunRecord } from "../../../src/store/records/run-record.ts"

export const nodeRecord = (id: string, given: Partial<NodeRecord> = {}): NodeRecord => ({
  id,
  stage: "slow",
  status: "executed",
  items: { total: 4, executed: 4, cached: 0, failed: 0 },
  artifact: "ab".repeat(32),
  key: "cd".repeat(32),
  bytes: 2048,
  seconds: 1.5,
  error: null,
  hint: null,
  failures: [],
  incomplete: false,
  partial: [],
  ...given
})

export const runRecord = (nodes: ReadonlyArray<NodeRecord>, given: Partial<RunRecord> = {}): RunRecord => ({
  format: 1,
  id: "20260102-030405.006-abcd",
  pipeline: "demo",
  file: "/home/me/demo.ts",
  params: { seed: 7 },
  status: "ok",
  started: "2026-01-02T03:04:05.006Z",
  finished: "2026-01-02T03:04:15.006Z",
  version: "0.1.0",
  pid: 1,
  nodes,
  outputs: {},
  ...given
})

const numbers = defineStage.source("numbers", {
  item: "number",
  output: one({ value: column.int32() }),
  compute: async function* () {}
})
const halves = defineStage.itemwise("halves", {
  inputs: { numbers: each({ value: column.int32() }) },
  params: { by: param.int({ default: 2 }) },
  output: one({ value: column.int32() }),
  compute: () => []
})
const totals = defineStage.whole("totals", {
  inputs: { parts: many({ value: column.int32() }) },
  output: table({ total: column.float64() }),
  compute: () => []
})

/** scenes → half/a, half/b (from half/a) → total */
export function demoGraph(): Graph {
  const scenes = numbers("scenes", {})
  const a = halves("half/a", { numbers: scenes })
  const b = halves("half/b", { numbers: a, by: 3 })
  return buildGraph("demo", { total: totals("total", { parts: [a, b] }) }, (path) => path).graph
}

export const manifest = (given: Partial<Manifest> = {}): Manifest => ({
  format: 1,
  digest: "ab".repeat(32),
  form: "row per item",
  columns: { value: column.int32() },
  idColumn: "number",
  items: 4,
  rows: 4,
  bytes: 2048,
  ids: "ef".repeat(32),
  digests: {},
  families: {},
  failed: [],
  shards: [],
  segments: null,
  ...given
})
export const known = (given: Partial<Manifest> = {}): KnownArtifact => ({
  manifest: manifest(given),
  partial: [],
  incomplete: (given.failed ?? []).length > 0
})

/** Plans of the demo graph, by state. */
export const plans = (
  states: Readonly<Record<string, State | (Partial<NodePlan> & { readonly state: State })>>,
  graph = demoGraph()
): ReadonlyArray<NodePlan> =>
  graph.nodes.map((node) => {
    const said = states[node.id]!
    const given = typeof said === "string" ? { state: said } : said
    return {
      node,
      failure: null,
      refusal: null,
      preimage: null,
      key: null,
      trace: null,
      known: given.state === "fresh" ? known() : null,
      items: null,
      cues: [],
      failures: [],
      ...given
    }
  })

/** Items of a stale node: the first `done` of them are done, the next `failed` have failed, the others are left. */
export function itemPlan(total: number, done: number, failed = 0): ItemPlan {
  const indices = Array.from({ length: total }, (_, i) => i)
  const shard = { items: 1, rows: 1, sidecar: null, tensors: {}, shapes: {}, files: [] }
  const table = { sha256: "ab".repeat(32), bytes: 1, extension: "parquet" } as const
  const doneItems = new DoneItems(total)
  doneItems.from({ ...shard, table }, undefined)
  for (let i = 0; i < done; i++) doneItems.add(i, i)
  return {
    ids: new ItemIds([StringArray.of(indices.map((i) => `n${i}`))], SegmentList.of([[0, 0, total]])),
    keys: new PackedKeys(total),
    places: () => [],
    members: () => [],
    memberPorts: [],
    shared: "shared",
    joined: [],
    done: doneItems,
    failed: new Map(indices.slice(done, done + failed).map((i) => [i, { item: `n${i}`, error: "torn" }])),
    left: new Bitset(total, (i) => i >= done + failed)
  }
}
