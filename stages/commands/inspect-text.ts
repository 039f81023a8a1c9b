/** Formats an encoder's description as text. */
import type { Terminal } from "../../src/index.ts"
import type { Preprocessing } from "../vision/preprocessing.ts"
import { registerCount } from "../vision/grid.ts"
import type { Inspection, TensorPort } from "./inspection.ts"

export function inspectionText(inspection: Inspection, look: Terminal, all: boolean): string {
  const { paint, table } = look
  const { file, producer, opset, inputs, outputs, blocks, width, taps, warnings } = inspection
  const facts: ReadonlyArray<readonly [label: string, text: string]> = [
    ...ports("input", inputs),
    ...ports("output", outputs),
    ["blocks", width === null ? String(blocks) : `${blocks}, width ${width}`],
    ["tokens", tokensText(inspection)],
    ...(inspection.preprocessing === null
      ? []
      : [["images", preprocessingText(inspection.preprocessing)] as const]),
    ["weights", weightsText(inspection)]
  ]
  const longest = Math.max(...facts.map(([label]) => label.length))
  return [
    `${paint("bold", file)}  ${paint("dim", `${producer || "unnamed producer"}, opset ${opset}`)}`,
    ...facts.map(([label, text]) => `  ${paint("dim", label.padEnd(longest))}  ${text}`),
    "",
    all
      ? table(
          ["tap", "tensor"],
          taps.map(({ name, tensor }) => [name, tensor])
        )
      : table(
          ["taps", "", "tensors"],
          patternsOf(taps).map(({ pattern, tensors }) => [
            pattern,
            tensors.length,
            spanOf(tensors[0]!, tensors.at(-1)!)
          ])
        ),
    ...warnings.map((warning) => `${paint("yellow", "note:")} ${warning}`)
  ].join("\n")
}

function ports(label: string, list: ReadonlyArray<TensorPort>): ReadonlyArray<readonly [string, string]> {
  // a tapped model has an output per tap: print those of all blocks as one line
  const lines = new Map<string, number>()
  for (const port of list) {
    const line = `${ofAllBlocks(port.name)}  ${port.elementType} ${shapeText(port)}`
    lines.set(line, (lines.get(line) ?? 0) + 1)
  }
  return [...lines].map(([line, times], i) => [
    i > 0 ? "" : list.length === 1 ? label : `${label}s`,
    times === 1 ? line : `${line}, ×${times}`
  ])
}
const shapeText = ({ shape }: TensorPort): string =>
  shape === null ? "unknown shape" : `[${shape.map((dim) => dim ?? "?").join(", ")}]`

/** The pattern that selects a tap in every block. */
export const ofAllBlocks = (name: string): string => name.replace(/^block\.\d+\./, "block.*.")

function tokensText({ grid, patch, prefix, classToken, tokens }: Inspection): string {
  const patches =
    grid === null
      ? `patches of ${patch.height}×${patch.width} pixels, depending on the image's size`
      : `${grid.rows}×${grid.columns} patches of ${patch.height}×${patch.width} pixels`
  if (prefix === null) return `${patches}; unknown number of tokens before them`
  const sum = tokens === null ? "" : `: ${tokens}`
  return `${patches}, after ${prefixText(prefix, classToken !== false)}${sum}`
}
function prefixText(prefix: number, classToken: boolean): string {
  const registers = registerCount({ prefix, classToken })
  const counted = `${registers} ${registers === 1 ? "register" : "registers"}`
  if (prefix === 0) return "no other tokens"
  if (!classToken) return `${counted}, no class token`
  return registers === 0 ? "1 class token" : `${prefix} others (class token and ${counted})`
}

/** `shortest edge to 224 (bicubic), centre crop 224×224` */
export function preprocessingText({ resize, crop, resample }: Preprocessing): string {
  const steps = [
    resize === null
      ? "not resized"
      : resize.kind === "exact"
        ? `resized to ${resize.height}×${resize.width} (${resample})`
        : `shortest edge to ${resize.edge} (${resample})`
  ]
  if (crop !== null) steps.push(`centre crop ${crop.height}×${crop.width}`)
  return steps.join(", ")
}

const weightsText = ({ bytes, externalFiles }: Inspection): string => {
  const size = `${(bytes / 1e6).toFixed(1)} MB`
  return externalFiles.length === 0
    ? `${size}, inside the file`
    : `beside the file, in ${externalFiles.join(", ")}`
}

/** Taps that differ only in their block's number, under the pattern that selects them. */
function patternsOf(taps: Inspection["taps"]) {
  const byPattern = new Map<string, Array<string>>()
  for (const { name, tensor } of taps) {
    const pattern = ofAllBlocks(name)
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), tensor])
  }
  return [...byPattern].map(([pattern, tensors]) => ({ pattern, tensors }))
}

/** `layer.0/Add`, `layer.11/Add` → `layer.{0 … 11}/Add` */
function spanOf(first: string, last: string): string {
  if (first === last) return first
  let [start, end] = [0, 0]
  const shorter = Math.min(first.length, last.length)
  while (start < shorter && first[start] === last[start]) start++
  while (end < shorter - start && first.at(-1 - end) === last.at(-1 - end)) end++
  // do not split a number
  while (start > 0 && isDigit(first[start - 1])) start--
  while (end > 0 && isDigit(first.at(-end))) end--
  if (start + end === 0) return `${first} … ${last}`
  const middle = (name: string) => name.slice(start, name.length - end)
  return `${first.slice(0, start)}{${middle(first)} … ${middle(last)}}${first.slice(first.length - end)}`
}
const isDigit = (character: string | undefined) => character !== undefined && /\d/.test(character)
