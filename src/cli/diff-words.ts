/** The parts of a diff in words, for the terminal and for Markdown. */
import type { Diff } from "../diff/diff.ts"
import type { DiffInput } from "../diff/input-list.ts"
import type { DiffNode } from "../diff/node-diff.ts"
import type { ToldSide } from "../diff/sides.ts"
import { count, counted } from "../support/numbers.ts"
import { oneLine } from "../support/plain-text.ts"

const mostNamed = 4

/** `a, b, c and 7 more` */
export const someOf = (names: ReadonlyArray<string>, most = mostNamed): string =>
  names.length <= most + 1
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${count(names.length - most)} more`

/** `20261129-…, named base (small, ok)` */
export function sideText({ reference, run, name, pipeline, status, kind, node, artifact }: ToldSide): string {
  const called = name === null ? "" : ` (${name})`
  const of = run === null ? "in no run of the store" : `${kind === "run" ? "" : "run "}${run}${called}`
  const rest = kind === "run" ? `, ${pipeline}, ${status}` : ""
  const what = kind === "run" ? "" : `${node ?? "artifact"} ${artifact!.slice(0, 12)}, `
  const asked = reference === run || reference === name ? "" : `${reference}: `
  return oneLine(`${asked}${what}${of}${rest}`)
}

/** Inputs in words. Several of the same nodes share a line that names these; `lines` are below it. */
export interface InputText {
  readonly text: string
  readonly lines: ReadonlyArray<string>
}

/** Where an input differs, and how many nodes follow; "" if its sentence says all. */
function reachOf({ nodes, as, follows, effect, cue }: DiffInput): string {
  // their sentences name the node
  const isNamed = cue === "items" || cue === "same-inputs" || cue === "unknown"
  return [
    as.length > 0 ? someOf(as) : isNamed || nodes.length === 0 ? "" : someOf(nodes),
    follows === 0 ? "" : `${counted(follows, "node")} ${follows === 1 ? "follows" : "follow"}`,
    effect === false ? "no effect" : ""
  ]
    .filter((part) => part !== "")
    .join("; ")
}

/** At most so many inputs are told one by one; of the others, how many there are of each kind. */
export function inputTexts(inputs: ReadonlyArray<DiffInput>, most: number): ReadonlyArray<InputText> {
  const kinds = [...new Set(inputs.map(({ cue }) => cue))]
  // the first of each kind, so that no kind is hidden by another with hundreds
  const each = inputs.length <= most ? most : Math.max(1, Math.floor(most / kinds.length))
  const groups = new Map<string, Array<string>>()
  const more: Array<InputText> = []
  for (const kind of kinds) {
    const of = inputs.filter(({ cue }) => cue === kind)
    const shown = of.length === each + 1 ? of : of.slice(0, each)
    for (const input of shown) {
      const reach = reachOf(input)
      groups.set(reach, [...(groups.get(reach) ?? []), oneLine(input.sentence)])
    }
    if (of.length > shown.length)
      more.push({
        text: `… and ${count(of.length - shown.length)} more of this kind (${kind}): --json has all`,
        lines: []
      })
  }
  const texts = [...groups].flatMap(([reach, sentences]): ReadonlyArray<InputText> => {
    if (reach === "") return sentences.map((text) => ({ text, lines: [] }))
    return sentences.length === 1
      ? [{ text: `${sentences[0]} (${oneLine(reach)})`, lines: [] }]
      : [{ text: `${oneLine(reach)}:`, lines: sentences }]
  })
  return [...texts, ...more]
}

/** The nodes that deserve lines of their own, outputs first; the others are counted. */
export function notableNodes({ nodes }: Diff): ReadonlyArray<DiffNode> {
  const notable = nodes.filter(
    ({ verdict, output, direct, comparison, values, note }) =>
      (verdict === null && output) ||
      comparison !== null ||
      (note !== null && verdict !== null) ||
      (verdict !== "same" && (output || direct)) ||
      (values !== null && verdict === "same")
  )
  return [...notable.filter(({ output }) => output), ...notable.filter(({ output }) => !output)]
}

/** What a node's comparisons say, most important first. */
export const nodeTexts = ({ comparison, values, note }: DiffNode): ReadonlyArray<string> =>
  [
    ...(note === null ? [] : [note]),
    ...(comparison?.lines ?? []),
    ...(values?.schema ?? []).map(({ column, before, after }) =>
      before === null
        ? `column ${column} is new (${after})`
        : after === null
          ? `column ${column} is gone (it was ${before})`
          : `column ${column}: ${before} → ${after}`
    ),
    ...(values?.lines ?? [])
  ].map(oneLine)

/** Lines about the nodes that have no lines of their own. */
export function otherNodes(diff: Diff): ReadonlyArray<string> {
  const notable = new Set(notableNodes(diff))
  const others = diff.nodes.filter((node) => !notable.has(node))
  const ids = (wanted: DiffNode["verdict"]) =>
    others.filter(({ verdict }) => verdict === wanted).map(({ id }) => id)
  const line = (names: ReadonlyArray<string>, what: string) =>
    names.length === 0 ? [] : [`${counted(names.length, "node")} ${what}: ${someOf(names)}`]
  const { only } = diff
  return [
    ...line(
      ids("different"),
      others.some(({ verdict }) => verdict === "different")
        ? "with other values, which follow from these inputs"
        : ""
    ),
    ...line(ids("same"), "with the same values"),
    ...line(ids(null), "not compared, since a side did not make them"),
    ...line(only.a, "only in a"),
    ...line(only.b, "only in b")
  ]
}
