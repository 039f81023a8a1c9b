/** Losses as text: a few lines at the end of a run, and in full for `show`. */
import type { Lost } from "../pipeline/losses.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import type { Paint } from "../support/colour.ts"
import { count } from "../support/numbers.ts"
import { clipped, oneLine, widthOf } from "../support/plain-text.ts"

/** Limits: lines at the end of a run, reasons per line, characters per reason. */
const mostLines = 10
const mostReasons = 4
const reasonWidth = 200
/** A loss of at most this many things lists them. */
const fewThings = 3

type Told = Pick<NodeRecord, "id" | "stage" | "losses">

/**
 * One line per stage and kind of thing: nodes of one stage, such as those of four encoders, share a line, with a range
 * where their numbers differ. Empty if nothing was lost.
 */
export function lossLines(nodes: ReadonlyArray<Told>, paint: Paint): string {
  const lines = [...groupsOf(nodes).values()].map((group) => ({
    nodes: nodesText(group.map(({ id }) => id)),
    text: lineOf(group)
  }))
  if (lines.length === 0) return ""
  const shown = lines.slice(0, mostLines)
  const width = shown.reduce((most, line) => Math.max(most, widthOf(line.nodes)), 0)
  const more = lines.length - shown.length
  const first = nodes.find(({ losses = [] }) => losses.length > 0)!.id
  return [
    `${paint("bold", "left out")}${paint("dim", `  (details: probeline show @1, or show @1:${first} for one node)`)}`,
    ...shown.map(({ nodes: ids, text }) => `  ${ids.padEnd(width)}  ${text}`),
    ...(more === 0 ? [] : [`  … and ${count(more)} more ${more === 1 ? "line" : "lines"}: probeline show @1`])
  ].join("\n")
}

/** The losses of a run, node by node and in full. */
export const lossesOfNodes = (nodes: ReadonlyArray<Told>, paint: Paint): string => {
  const blocks = nodes.flatMap(({ id, losses = [] }) =>
    losses.length === 0 ? [] : [`  ${id}`, ...fullLines(losses).map((line) => `  ${line}`)]
  )
  return blocks.length === 0 ? "" : [paint("bold", "left out"), ...blocks].join("\n")
}

/** One node's losses in full. */
export const lossesInFull = (losses: ReadonlyArray<Lost>, paint: Paint): string =>
  [paint("bold", "left out"), ...fullLines(losses)].join("\n")

/** One line per kind of thing, and below it one line per reason, with examples. */
function fullLines(losses: ReadonlyArray<Lost>): ReadonlyArray<string> {
  return [...byThing(losses).values()].flatMap((of) => [
    `  ${headOf([of])}`,
    ...of.map(
      ({ reason, count: n, examples }) => `    ${count(n)}  ${oneLine(reason)}${examplesText(examples, n)}`
    )
  ])
}

/** One node's losses of one kind of thing. */
interface OfThing {
  readonly id: string
  readonly losses: ReadonlyArray<Lost>
}
/** By stage and kind of thing. */
function groupsOf(nodes: ReadonlyArray<Told>): ReadonlyMap<string, Array<OfThing>> {
  const groups = new Map<string, Array<OfThing>>()
  for (const { id, stage, losses = [] } of nodes)
    for (const [what, of] of byThing(losses)) push(groups, JSON.stringify([stage, what]), { id, losses: of })
  return groups
}

function byThing(losses: ReadonlyArray<Lost>): ReadonlyMap<string, Array<Lost>> {
  const things = new Map<string, Array<Lost>>()
  for (const lost of losses) push(things, lost.what, lost)
  return things
}

function push<A>(groups: Map<string, Array<A>>, key: string, one: A): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [one])
  else group.push(one)
}

/** `asked about 12 of 36 objects; left out: no token 24` */
function lineOf(group: ReadonlyArray<OfThing>): string {
  const all = group.map(({ losses }) => losses)
  const reasons = [...new Set(all.flatMap((losses) => losses.map(({ reason }) => reason)))]
  const isCounted = all[0]![0]!.total !== null
  const told = reasons.slice(0, mostReasons).map((reason) => {
    const of = all.map((losses) => losses.find((lost) => lost.reason === reason))
    const most = of.reduce((n, lost) => Math.max(n, lost?.count ?? 0), 0)
    const examples = most <= fewThings && group.length === 1 ? examplesText(of[0]!.examples, most) : ""
    // with one reason and no total, the head already has the number
    const number = isCounted || reasons.length > 1 ? ` ${range(of.map((lost) => lost?.count ?? 0))}` : ""
    return `${clipped(oneLine(reason), reasonWidth)}${number}${examples}`
  })
  const more = reasons.length - told.length
  const rest = more === 0 ? "" : `, and ${count(more)} more ${more === 1 ? "reason" : "reasons"}`
  return `${headOf(all)}${isCounted ? "; left out: " : ": "}${told.join(", ")}${rest}`
}

/** `asked about 12 of 36 objects`; without a total, the number left out: `3 images listed twice`. */
function headOf(all: ReadonlyArray<ReadonlyArray<Lost>>): string {
  const { what, total, verb = "kept" } = all[0]![0]!
  const lost = all.map((losses) => losses.reduce((sum, { count: n }) => sum + n, 0))
  if (total === null) return `${range(lost)} ${oneLine(what)}`
  const totals = all.map((losses) => losses[0]!.total ?? 0)
  return `${oneLine(verb)} ${range(totals.map((n, i) => n - lost[i]!))} of ${range(totals)} ${oneLine(what)}`
}

const range = (numbers: ReadonlyArray<number>): string => {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  return least === most ? count(least) : `${count(least)}–${count(most)}`
}

function examplesText(examples: ReadonlyArray<string>, of: number): string {
  if (examples.length === 0) return ""
  const named = examples.map((example) => clipped(oneLine(example), 80)).join(", ")
  return ` (${named}${of > examples.length ? ", …" : ""})`
}

/** `masks/vit`; `masks/vit, masks/clip and 2 more` */
function nodesText(ids: ReadonlyArray<string>): string {
  const shown = ids.slice(0, 2)
  const more = ids.length - shown.length
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${count(more)} more`
}
