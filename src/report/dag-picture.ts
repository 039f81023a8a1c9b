/**
 * A pipeline's graph as a picture: nodes of one stage on one level share a box, such as those of four encoders, so a graph
 * of hundreds of nodes stays readable. Boxes lead to the details of their first node.
 */
import type { Graph, GraphNode } from "../pipeline/graph.ts"
import { byLevel } from "../pipeline/graph-levels.ts"
import type { NodeRecord, NodeStatus } from "../store/records/run-record.ts"
import { counted } from "../support/numbers.ts"
import { clipped, oneLine } from "../support/plain-text.ts"
import { anchorOf, type Html, markup } from "./html.ts"

interface Box {
  readonly nodes: Array<GraphNode>
  readonly level: number
  /** of its centre */
  x: number
}

const width = 168
const height = 44
const gap = { x: 18, y: 40 }
const margin = 12

export function dagPicture(graph: Graph, records: ReadonlyArray<NodeRecord>): Html {
  const boxes = boxesOf(graph)
  const levels = placed(boxes)
  const boxOf = new Map(boxes.flatMap((box) => box.nodes.map((node) => [node, box] as const)))
  const statusOf = new Map(records.map(({ id, status }) => [id, status]))
  const wide = Math.max(...levels.map((level) => level.length), 1) * (width + gap.x) - gap.x + 2 * margin
  const high = levels.length * (height + gap.y) - gap.y + 2 * margin
  const paths = drawnEdges(boxes, boxOf).map(([from, to]) =>
    edgePath(
      from,
      to,
      boxes.filter(({ level }) => level > from.level && level < to.level)
    )
  )
  const what = `${counted(graph.nodes.length, "node")} in ${counted(boxes.length, "group")}, inputs above`
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="the graph"><svg xmlns="http://www.w3.org/2000/svg" role="group" aria-label="${what}" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" class="w${Math.min(20, Math.floor((wide * 0.8) / 100))}" font-size="12">
${paths.map((path) => markup`<path class="edge" d="${path}"/>`)}
${boxes.map((box) => boxHtml(box, statusOf))}
</svg></div>
<p class="small muted">${what}. A line that others imply is left out: the details name all inputs.</p>`
}

/** The edges between boxes, without those that a longer way makes plain. */
function drawnEdges(
  boxes: ReadonlyArray<Box>,
  boxOf: ReadonlyMap<GraphNode, Box>
): ReadonlyArray<readonly [Box, Box]> {
  const inputsOf = new Map(
    boxes.map((box) => [
      box,
      new Set(box.nodes.flatMap(({ inputs }) => inputs.map((input) => boxOf.get(input)!)))
    ])
  )
  // inputs lie on lower levels, and boxes are in the order of their levels
  const above = new Map<Box, ReadonlySet<Box>>()
  for (const box of boxes) {
    const inputs = [...inputsOf.get(box)!]
    above.set(box, new Set(inputs.flatMap((input) => [input, ...above.get(input)!])))
  }
  return boxes.flatMap((box) => {
    const inputs = [...inputsOf.get(box)!]
    return inputs
      .filter((input) => !inputs.some((other) => other !== input && above.get(other)!.has(input)))
      .map((input) => [input, box] as const)
  })
}

const topOf = ({ level }: Box) => margin + level * (height + gap.y)
/** Straight down beside the boxes of the levels between, and bent in the gaps. */
function edgePath(from: Box, to: Box, between: ReadonlyArray<Box>): string {
  const [start, end] = [topOf(from) + height, topOf(to)].map(Math.round)
  const [x, last, lane] = [from.x, to.x, laneOf(from, between)].map(Math.round)
  const bend = gap.y / 2
  const into = (x0: number, y0: number, x1: number, y1: number) =>
    `C${x0},${y0 + bend} ${x1},${y1 - bend} ${x1},${y1}`
  if (between.length === 0) return `M${x},${start}${into(x!, start!, last!, end!)}`
  const [first, second] = [start! + gap.y, end! - gap.y]
  return `M${x},${start}${into(x!, start!, lane!, first)}V${second}${into(lane!, second, last!, end!)}`
}

/** Where an edge passes boxes: below its start if they leave room there, else at the nearer side of them all. */
function laneOf({ x }: Box, between: ReadonlyArray<Box>): number {
  const half = width / 2 + 6
  if (between.every((box) => Math.abs(box.x - x) > half)) return x
  const left = Math.min(...between.map((box) => box.x)) - half
  const right = Math.max(...between.map((box) => box.x)) + half
  return x - left <= right - x ? left : right
}

function boxHtml({ nodes, level, x }: Box, statusOf: ReadonlyMap<string, NodeStatus>): Html {
  const top = topOf({ nodes, level, x })
  const [first] = nodes
  const name = clipped(oneLine(nodes.length === 1 ? first!.id : `${sharedName(nodes)} × ${nodes.length}`), 24)
  const all = statesText(nodes.map(({ id }) => statusOf.get(id) ?? "skipped"))
  const worst = states.find((state) => nodes.some(({ id }) => (statusOf.get(id) ?? "skipped") === state))!
  const title = `${nodes.map(({ id }) => id).join(", ")}: ${first!.stage.name}, ${all}`
  return markup`<a href="#${anchorOf("node", first!.id)}"><title>${title}</title><rect class="box" x="${Math.round(x - width / 2)}" y="${top}" width="${width}" height="${height}" rx="5"/><text x="${Math.round(x)}" y="${top + 18}" text-anchor="middle" fill="#2b2b2b" font-weight="600">${name}</text><text x="${Math.round(x)}" y="${top + 34}" text-anchor="middle" class="${worst}" font-size="11">${clipped(first!.stage.name, 18)}: ${all}</text></a>
`
}

/** The worst first. */
const states: ReadonlyArray<NodeStatus> = ["failed", "skipped", "executed", "cached"]
function statesText(of: ReadonlyArray<NodeStatus>): string {
  const told = states.flatMap((state) => {
    const n = of.filter((one) => one === state).length
    return n === 0 ? [] : [n === of.length ? state : `${n} ${state}`]
  })
  return told.join(", ")
}

/** `masks/…` of `masks/vit` and `masks/clip`. */
function sharedName(nodes: ReadonlyArray<GraphNode>): string {
  const [first, ...others] = nodes.map(({ id }) => id)
  let length = 0
  while (length < first!.length && others.every((id) => id[length] === first![length])) length++
  const end = first!.lastIndexOf("/", length - 1)
  return end < 0 ? nodes[0]!.stage.name : `${first!.slice(0, end + 1)}…`
}

function boxesOf(graph: Graph): ReadonlyArray<Box> {
  const boxes = new Map<string, Box>()
  for (const [node, level] of byLevel(graph)) {
    const key = JSON.stringify([level, node.stage.name])
    const box = boxes.get(key)
    if (box === undefined) boxes.set(key, { nodes: [node], level, x: 0 })
    else box.nodes.push(node)
  }
  return [...boxes.values()]
}

/** Gives each box its place: level by level, ordered by the mean place of its inputs. */
function placed(boxes: ReadonlyArray<Box>): ReadonlyArray<ReadonlyArray<Box>> {
  const depth = Math.max(-1, ...boxes.map(({ level }) => level)) + 1
  const levels = Array.from({ length: depth }, (_, level) => boxes.filter((box) => box.level === level))
  const most = Math.max(1, ...levels.map((level) => level.length))
  const whole = most * (width + gap.x) - gap.x
  const boxOf = new Map(boxes.flatMap((box) => box.nodes.map((node) => [node, box] as const)))
  const meanOf = (box: Box) => {
    const from = box.nodes.flatMap((node) => node.inputs.map((input) => boxOf.get(input)!.x))
    return from.length === 0 ? 0 : from.reduce((sum, x) => sum + x, 0) / from.length
  }
  for (const level of levels) {
    level.sort((a, b) => meanOf(a) - meanOf(b))
    const free = whole / level.length
    level.forEach((box, i) => (box.x = margin + free * (i + 0.5)))
  }
  return levels
}
