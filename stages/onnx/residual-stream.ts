import { type Flow, dependents, flowTo, imageInput, originPlace } from "./image-flow.ts"
import { type GraphIndex, indexGraph } from "./graph-index.ts"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { isAddition, isFusedSumAndNorm, standsBetweenBlocks, isNorm } from "./operators.ts"
import { residualAdditions, type ResidualAddition } from "./residual-additions.ts"

export interface ResidualStream {
  readonly index: GraphIndex
  readonly flow: Flow
  /** per block one attention and, unless the two are parallel, one MLP, in order */
  readonly additions: ReadonlyArray<ResidualAddition>
  readonly warnings: ReadonlyArray<string>
}

/**
 * Additions on one path, in runs: within a run, each starts where the previous one ended, with at most a norm
 * between.
 */
interface Way {
  readonly flow: Flow
  readonly additions: ReadonlyArray<ResidualAddition>
  readonly runs: ReadonlyArray<ReadonlyArray<ResidualAddition>>
}

/** Each stage of a pyramid (Swin) is a run; an encoder with a decoder or a second tower has two. */
const runsOfPyramid = 3

/**
 * The longest residual stream from the image to an output or, for heads that read several blocks, to an addition.
 *
 * @throws {OnnxError} no input takes images, nodes are hidden in local functions, there is no residual stream with
 *   attention, or its resolution changes along the way
 */
export function residualStream(model: Model): ResidualStream {
  const index = indexGraph(model.graph)
  const image = imageInput(model.graph).name
  const ways = waysThrough(index, image)
  const best = ways.reduce<Way | null>((a, b) => (a !== null && length(a) >= length(b) ? a : b), null)
  if (best === null || length(best) === 0) throw notRecognised(index, model.localFunctions, image, ways)
  if (best.runs.length >= runsOfPyramid) {
    const lengths = best.runs.map((run) => run.length).join(", ")
    throw new OnnxError(
      `this is a pyramid of ${best.runs.length} residual streams (${lengths} additions), not a plain vision transformer with one token grid: candidates are ${listed(candidatesOf(best.runs))}; ${wayOut}`
    )
  }
  const additions = longest(best.runs)
  const others = best.runs.filter((run) => run !== additions).map((run) => run.length)
  const warnings = others.map(
    (n) => `ignored another residual stream of ${n} additions; the longest has ${additions.length}`
  )
  return { index, flow: best.flow, additions, warnings }
}

const longest = <A>(runs: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<A> =>
  runs.reduce((a, b) => (b.length > a.length ? b : a), [])
const length = ({ runs }: Way): number => longest(runs).length

const candidatesOf = (runs: Way["runs"]): ReadonlyArray<string> =>
  runs.flat().map(({ sum, node }) => sum ?? node.outputs[0]!)

/** Paths to outputs come first, so they win ties against paths to additions. */
function waysThrough(index: GraphIndex, image: string): ReadonlyArray<Way> {
  const { graph } = index
  const dependent = dependents(index, image)
  const ways = graph.outputs
    .filter(({ name }) => dependent.has(name) && name !== image)
    .map(({ name }) => wayTo(index, image, name, dependent))
  // the path to a cut node is a prefix of a path that is already known
  const known = new Set(ways.flatMap(({ flow }) => cutTensors(flow)))
  for (const i of index.order.toReversed()) {
    const { op, inputs, outputs } = graph.nodes[i]!
    const [sum] = outputs
    if (!(isAddition(op) || isFusedSumAndNorm(op)) || sum === undefined || known.has(sum)) continue
    if (inputs.filter((name) => dependent.has(name)).length < 2) continue
    const way = wayTo(index, image, sum, dependent)
    for (const name of cutTensors(way.flow)) known.add(name)
    ways.push(way)
  }
  return ways
}

const cutTensors = ({ nodes, cut }: Flow): ReadonlyArray<string> =>
  nodes.flatMap(({ outputs }, at) => (cut[at] ? outputs : []))

function wayTo(index: GraphIndex, image: string, target: string, dependent: ReadonlySet<string>): Way {
  const flow = flowTo(index, image, target, dependent)
  const additions = residualAdditions(flow)
  return { flow, additions, runs: runsOf(flow, additions) }
}

/** Runs begin with an attention; earlier additions (position embeddings, a convolution's skip) are not blocks. */
function runsOf(
  flow: Flow,
  additions: ReadonlyArray<ResidualAddition>
): ReadonlyArray<ReadonlyArray<ResidualAddition>> {
  const runs: Array<Array<ResidualAddition>> = []
  additions.forEach((addition, k) => {
    const before = additions[k - 1]
    if (before !== undefined && follows(flow, before, addition)) runs.at(-1)!.push(addition)
    else runs.push([addition])
  })
  return runs.flatMap((run) => {
    const first = run.findIndex(({ isAttention }) => isAttention)
    return first < 0 ? [] : [run.slice(first)]
  })
}

function follows(flow: Flow, before: ResidualAddition, { skip }: ResidualAddition): boolean {
  const from = originPlace(flow, skip)!
  return (
    from >= before.place &&
    flow.nodes.slice(before.place + 1, from + 1).every(({ op }) => standsBetweenBlocks(op))
  )
}

const wayOut =
  'give taps by tensor, as in onnx(path, { taps: { "block.*.resid_post": "/layer.*/Add_1_output_0" } })'

function notRecognised(
  index: GraphIndex,
  localFunctions: ReadonlyArray<string>,
  image: string,
  ways: ReadonlyArray<Way>
): OnnxError {
  if (localFunctions.length > 0) {
    return new OnnxError(
      `the graph hides its nodes in ${localFunctions.length} local functions (${localFunctions.slice(0, 3).join(", ")}): inline them (onnx.inliner.inline_local_functions) and save it again`
    )
  }
  if (ways.length === 0) return new OnnxError(`no output depends on the image input ${image}`)
  const additions = ways.flatMap((way) => way.additions)
  const candidates = [...new Set(candidatesOf([additions]))]
  const found =
    candidates.length === 0
      ? `there is no residual addition (${additionsOf(index, dependents(index, image))})`
      : `no residual addition has an attention; candidates are ${listed(candidates)}`
  const outputs = listed(index.graph.outputs.map(({ name }) => name))
  return new OnnxError(
    `no transformer's residual stream was found between ${image} and ${outputs}: ${found}; ${wayOut}`
  )
}

/** Describes sums of two image tensors or, if there are none, norms, as part of a sentence. */
export function additionsOf({ graph, order }: GraphIndex, dependent: ReadonlySet<string>): string {
  const nodes = order.map((i) => graph.nodes[i]!).filter(({ outputs }) => dependent.has(outputs[0] ?? ""))
  const made = ({ op }: { readonly op: string }, inputs: ReadonlyArray<string>) =>
    (isAddition(op) || isFusedSumAndNorm(op)) && inputs.filter((name) => dependent.has(name)).length > 1
  const sums = nodes.filter((node) => made(node, node.inputs))
  if (sums.length > 0) return `sums are ${listed(sums.map(({ outputs }) => outputs[0]!))}`
  const norms = nodes.filter(({ op }) => isNorm(op))
  if (norms.length > 0)
    return `there are no sums; norms are ${listed(norms.map(({ outputs }) => outputs[0]!))}`
  return "there are neither sums nor norms"
}

function listed(names: ReadonlyArray<string>): string {
  return names.length <= 12
    ? names.join(", ")
    : `${names.slice(0, 6).join(", ")}, … ${names.slice(-6).join(", ")}`
}
