import { expect, it } from "vitest"
import { noPaint } from "../../../src/support/colour.ts"
import { dagDot, dagJson, dagMermaid } from "../../../src/cli/dag-formats.ts"
import { dagText } from "../../../src/cli/dag-text.ts"
import { byLevel } from "../../../src/pipeline/graph-levels.ts"
import { param } from "../../../src/pipeline/params.ts"
import { demoGraph } from "./records.ts"
import type { Opened } from "../../../src/project/open-pipeline.ts"

const graph = demoGraph()
const opened = {
  name: "demo",
  file: "/demo.ts",
  graph,
  declared: { seed: param.int({ default: 7, doc: "of the folds" }) },
  params: { seed: 8 }
} as unknown as Opened

it("prints nodes by level, with what they read, and the parameters", () => {
  expect(dagText(opened, noPaint).split("\n")).toEqual([
    "level  node    stage    gives         reads                 output",
    "    0  scenes  numbers  row per item",
    "    1  half/a  halves   row per item  numbers: scenes",
    "    2  half/b  halves   row per item  numbers: half/a",
    "    3  total   totals   table         parts: half/a half/b  → total",
    "",
    "parameter  value",
    "seed           8  of the folds",
    "",
    "demo: 4 nodes; set a parameter with -S name=value"
  ])
  expect(byLevel(graph).map(([, level]) => level)).toEqual([0, 1, 2, 3])
})

it("draws a Mermaid flowchart", () => {
  expect(dagMermaid(graph).split("\n")).toEqual([
    "flowchart TD",
    '  n0(["scenes<br/><i>numbers</i>"])',
    '  n1["half/a<br/><i>halves</i>"]',
    '  n2["half/b<br/><i>halves</i>"]',
    '  n3[["total<br/><i>totals</i>"]]',
    "  n0 -->|numbers| n1",
    "  n1 -->|numbers| n2",
    "  n1 -->|parts| n3",
    "  n2 -->|parts| n3"
  ])
})

it("draws a DOT graph, names quoted", () => {
  const dot = dagDot({ ...graph, pipeline: 'a "b" \\' })
  expect(dot).toContain('digraph "a \\"b\\" \\\\" {')
  expect(dot).toContain('"half/a" [label="half/a\\nhalves"];')
  expect(dot).toContain('"half/b" -> "total" [label="parts"];')
  expect(dot.match(/->/g)).toHaveLength(4)
  expect(dot.endsWith("}")).toBe(true)
})

it("gives the whole graph as JSON", () => {
  const json = JSON.parse(JSON.stringify(dagJson(opened)))
  expect(json.params).toEqual([{ name: "seed", kind: "int", value: 8, default: 7, doc: "of the folds" }])
  expect(json.nodes[2]).toEqual({
    id: "half/b",
    stage: "halves",
    kind: "itemwise",
    form: "row per item",
    columns: { value: "int32" },
    params: { by: 3 },
    inputs: { numbers: { take: "each", reads: ["value"], from: ["half/a"] } }
  })
  expect(json.outputs).toEqual({ total: ["total"] })
})
