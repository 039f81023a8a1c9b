import { expect, it } from "vitest"
import { progressLines } from "../../../stages/hub/download.ts"

const linesOf = (size: number | null, ...done: ReadonlyArray<number>) => {
  const lines: Array<string> = []
  const progress = progressLines("a/b: m.onnx", size, (line) => void lines.push(line))
  for (const bytes of done) progress(bytes)
  return lines
}

it("a small download has one line, a large one a line for each tenth that it passes", () => {
  expect(linesOf(500, 100, 500)).toEqual(["downloading a/b: m.onnx (1 kB)"])
  expect(linesOf(3_456_789)).toEqual(["downloading a/b: m.onnx (3.5 MB)"])
  expect(linesOf(null, 1e9)).toEqual(["downloading a/b: m.onnx"])
  expect(linesOf(100e6, 1e6, 11e6, 12e6, 55e6, 100e6)).toEqual([
    "downloading a/b: m.onnx (100 MB)",
    "a/b: m.onnx: 10 % of 100 MB",
    "a/b: m.onnx: 50 % of 100 MB"
  ])
})
it("one that goes on has lines from where it was", () => {
  expect(linesOf(100e6, 73e6, 80e6)).toEqual([
    "downloading a/b: m.onnx (100 MB)",
    "a/b: m.onnx: 80 % of 100 MB"
  ])
})
