import { expect, it } from "vitest"
import { exampleSummary } from "../../../stages/choose-examples/summary.ts"
import type { Example } from "../../../stages/tables/examples.ts"

const example = (some: Partial<Example>): Example => ({
  encoder: null,
  selection: null,
  scene: "s",
  image_group: "s",
  object: 0,
  task: null,
  target: "category",
  label: "cup",
  cell: "cup",
  left_out: null,
  lacks: [],
  ...some
})

it("counts what was kept and what was left out, by reason, the most first", () => {
  const summary = exampleSummary([
    example({ left_out: "a crowd" }),
    example({}),
    example({ image_group: "t" }),
    example({ target: "primary" })
  ])
  expect(summary).toEqual({
    title: "Examples",
    columns: ["target", "kept, or left out because", "examples", "images"],
    rows: [
      ["category", "kept", 2, 2],
      ["category", "a crowd", 1, 1],
      ["primary", "kept", 1, 1]
    ]
  })
})

it("tells encoders and tasks apart where there are several", () => {
  const [vit, clip] = [
    { encoder: "vit", selection: "aligned" },
    { encoder: "clip", selection: null }
  ]
  const { columns, rows } = exampleSummary([
    example({ ...vit, task: "1" }),
    example({ ...vit, task: "2", left_out: "a crowd" }),
    example({ ...clip, task: "1" }),
    example({ ...clip, task: "1", object: 1 }),
    example({ ...clip, task: "2" })
  ])
  expect(columns.slice(0, 3)).toEqual(["encoder", "task", "target"])
  expect(rows).toEqual([
    ["vit (aligned)", "1", "category", "kept", 1, 1],
    ["vit (aligned)", "2", "category", "a crowd", 1, 1],
    ["clip", "1", "category", "kept", 2, 1],
    ["clip", "2", "category", "kept", 1, 1]
  ])
})
