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

/** An input in words, with its nodes and how many follow. */
export function inputText(input: DiffInput): string {
  const { sentence, nodes, as, follows, effect, cue } = input
  // their sentences name the node
  const isNamed = cue === "items" || cue === "same-inputs" || cue === "unknown"
  const where = as.length > 0 ? someOf(as) : isNamed || nodes.length === 0 ? "" : someOf(nodes)
  const told = [
    where,
    follows === 0 ? "" : `${counted(follows, "node")} ${follows === 1 ? "follows" : "follow"}`,
    effect === false ? "no effect" : ""
  ].filter((part) => part !== "")
  return oneLine(`${sentence}${told.length === 0 ? "" : ` (${told.join("; ")})`}`)
}

/** At most so many inputs are told one by one; of the others, how many there are of each kind. */
export function inputTexts(inputs: ReadonlyArray<DiffInput>, most: number): ReadonlyArray<string> {
  if (inputs.length <= most) return inputs.map(inputText)
  // the first of each kind, so that no kind is hidden by another with hundreds
  const kinds = [...new Set(inputs.map(({ cue }) => cue))]
  const each = Math.max(1, Math.floor(most / kinds.length))
  return kinds.flatMap((kind) => {
    const of = inputs.filter(({ cue }) => cue === kind)
    const more = of.length - each
    const lines = of.slice(0, more === 1 ? each + 1 : each).map(inputText)
    return more <= 1 ? lines : [...lines, `… and ${count(more)} more of this kind (${kind}): --json has all`]
  })
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
