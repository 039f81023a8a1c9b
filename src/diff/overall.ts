/** The verdict over the nodes of two runs, with the sentence that says what it rests on. */
import type { Verdict } from "../pipeline/comparison.ts"
import { counted } from "../support/numbers.ts"
import { clipped } from "../support/plain-text.ts"
import type { DiffNode } from "./node-diff.ts"

export interface Overall {
  readonly verdict: Verdict
  /** one sentence */
  readonly why: string
}

/**
 * The verdict of those outputs whose stages compare them, if there are any: one different → different, all same → same,
 * else inconclusive. Otherwise different if any output is, else same. An output that one side lacks leaves `same`
 * inconclusive. Runs without a common output are judged by their common nodes, and are never `same`.
 *
 * @param judged ids of nodes whose stage compares, among them nodes with equal digests, which need no comparison
 */
export function overallOf(nodes: ReadonlyArray<DiffNode>, judged: ReadonlySet<string>): Overall {
  const outputs = nodes.filter(({ output }) => output)
  const made = outputs.filter(({ verdict }) => verdict !== null)
  if (made.length === 0) return withoutOutputs(nodes)
  const byStage = made.filter(({ id, by }) => by === "stage" || (by === "digest" && judged.has(id)))
  const deciding = byStage.length > 0 ? byStage : made
  const of = (wanted: Verdict) => deciding.filter(({ verdict }) => verdict === wanted)
  const [different, open] = [of("different"), of("inconclusive")]
  const unmade = outputs.filter(({ verdict }) => verdict === null)
  if (different.length > 0) return { verdict: "different", why: whyDifferent(different, deciding) }
  if (open.length > 0)
    return { verdict: "inconclusive", why: saying(open, "is inconclusive", "are inconclusive") }
  if (unmade.length > 0)
    return {
      verdict: "inconclusive",
      why: `${saying(unmade, "was not made on both sides", "were not made on both sides")}; the other outputs are the same`
    }
  return { verdict: "same", why: whySame(deciding, nodes) }
}

function withoutOutputs(nodes: ReadonlyArray<DiffNode>): Overall {
  const different = nodes.filter(({ verdict }) => verdict === "different")
  const made = nodes.filter(({ verdict }) => verdict !== null)
  const compared = `${counted(made.length, "node")} that both made`
  return different.length > 0
    ? {
        verdict: "different",
        why: `of the ${compared}, ${saying(different, "differs", "differ")}; no output was made on both sides`
      }
    : { verdict: "inconclusive", why: `the ${compared} are the same, but no output was made on both sides` }
}

const whyDifferent = (different: ReadonlyArray<DiffNode>, deciding: ReadonlyArray<DiffNode>): string => {
  const said = saying(different, "differs", "differ")
  const [only] = different
  const line = different.length === 1 ? (only!.comparison?.lines[0] ?? only!.values?.lines[0]) : undefined
  const of =
    deciding.length > different.length ? `${different.length} of ${counted(deciding.length, "output")}: ` : ""
  return line === undefined ? `${of}${said}` : `${of}${said}: ${clipped(line, mostOfLine)}`
}

function whySame(deciding: ReadonlyArray<DiffNode>, nodes: ReadonlyArray<DiffNode>): string {
  if (nodes.every(({ by, verdict }) => by === "digest" && verdict === "same"))
    return nodes.length === 1
      ? `${nodes[0]!.id} has the same values`
      : `all ${counted(nodes.length, "node")} have the same values`
  const how = deciding.some(({ by }) => by === "stage")
    ? " within the thresholds"
    : deciding.some(({ by }) => by === "values")
      ? " within the tolerance"
      : ""
  return `${saying(deciding, "is the same", "are the same")}${how}`
}

const mostNamed = 4
/** Characters of a comparison's first line, which is in full with its node. */
const mostOfLine = 120
/** Between the ids of two nodes. */
const arrow = " → "
/** `measures differs`; `a, b and c differ` */
function saying(nodes: ReadonlyArray<DiffNode>, one: string, several: string): string {
  const ids = nodes.map(({ id }) => id)
  if (ids.length === 1)
    return ids[0]!.includes(arrow) ? `${ids[0]!.replace(arrow, " and ")} ${several}` : `${ids[0]} ${one}`
  if (ids.length > mostNamed)
    return `${ids.slice(0, mostNamed - 1).join(", ")} and ${ids.length - mostNamed + 1} more ${several}`
  return `${ids.slice(0, -1).join(", ")} and ${ids.at(-1)} ${several}`
}
