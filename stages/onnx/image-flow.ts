/**
 * The path from an image to a tensor, and its *cut nodes*: the nodes that every path passes.
 *
 * In a residual network, skip connections bypass everything but the residual stream. So the stream is exactly the
 * chain of cut nodes, whatever tensors are called and however norms are written out.
 */
import { type GraphIndex, readsOf } from "./graph-index.ts"
import type { Dimension, OnnxGraph, OnnxNode, ValueInfo } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { passesThrough, readsOnlyShape } from "./operators.ts"

/** Nodes between the image and a target that process the image's content. */
export interface Flow {
  readonly graph: OnnxGraph
  readonly image: string
  readonly target: string
  /** topological */
  readonly nodes: ReadonlyArray<OnnxNode>
  /** tensor → position of its producer in `nodes` */
  readonly place: ReadonlyMap<string, number>
  /** by position: whether every path of the image passes this node */
  readonly cut: ReadonlyArray<boolean>
  /** whether a tensor depends on the image's content, not merely on its size */
  readonly dependsOnImage: (tensor: string) => boolean
}

/**
 * The input that takes images: rank 4, not a weight.
 *
 * @throws {OnnxError} there is none, or its images are too large
 */
export function imageInput(graph: OnnxGraph): ValueInfo & { readonly dims: ReadonlyArray<Dimension> } {
  const feeds = graph.inputs.filter(({ name }) => !graph.initializers.has(name))
  for (const feed of feeds)
    if (feed.dims?.length === 4) return { ...feed, dims: checkDims(feed.name, feed.dims) }
  const seen = feeds.map(({ name, dims }) => `${name} [${dims?.join(", ") ?? "shape unknown"}]`)
  throw new OnnxError(
    `no input takes images [batch, channels, height, width]; the inputs are ${seen.join("; ") || "none"}`
  )
}

/** Limits on sizes from the file, because memory is allocated by them. */
const [mostImages, mostPixels] = [1024, 8192]

function checkDims(name: string, dims: ReadonlyArray<Dimension>): ReadonlyArray<Dimension> {
  const isMore = (size: Dimension, i: number) =>
    typeof size === "number" && size > (i === 0 ? mostImages : mostPixels)
  if (!dims.some(isMore)) return dims
  throw new OnnxError(
    `the input ${name} takes images [${dims.join(", ")}]: the limits are a batch of ${mostImages} and edges of ${mostPixels} pixels`
  )
}

/** Tensors that depend on the content of `image`. */
export function dependents({ graph, order }: GraphIndex, image: string): ReadonlySet<string> {
  const found = new Set([image])
  for (const i of order) {
    const node = graph.nodes[i]!
    if (readsOnlyShape(node.op) || !readsOf(node).some((name) => found.has(name))) continue
    for (const name of node.outputs) if (name !== "") found.add(name)
  }
  return found
}

export function flowTo(
  index: GraphIndex,
  image: string,
  target: string,
  dependent: ReadonlySet<string>
): Flow {
  const live = nodesTowards(index, target, dependent)
  const nodes = index.order.filter((i) => live.has(i)).map((i) => index.graph.nodes[i]!)
  const place = new Map<string, number>()
  nodes.forEach(({ outputs }, at) => outputs.forEach((name) => name !== "" && place.set(name, at)))
  return {
    graph: index.graph,
    image,
    target,
    nodes,
    place,
    cut: cutNodes(nodes, place, image),
    dependsOnImage: (tensor) => dependent.has(tensor)
  }
}

/** Indices of the nodes on paths from the image to the target. */
function nodesTowards(
  { graph, producer }: GraphIndex,
  target: string,
  dependent: ReadonlySet<string>
): ReadonlySet<number> {
  const live = new Set<number>()
  const pending = [producer.get(target)]
  while (pending.length > 0) {
    const i = pending.pop()
    if (i === undefined || live.has(i) || readsOnlyShape(graph.nodes[i]!.op)) continue
    live.add(i)
    for (const name of readsOf(graph.nodes[i]!)) if (dependent.has(name)) pending.push(producer.get(name))
  }
  return live
}

/** Single pass: a node is a cut if nothing produced before it is read after it. */
function cutNodes(
  nodes: ReadonlyArray<OnnxNode>,
  place: ReadonlyMap<string, number>,
  image: string
): ReadonlyArray<boolean> {
  const lastReader = new Int32Array(nodes.length)
  let furthest = 0
  nodes.forEach((node, at) => {
    for (const name of readsOf(node)) {
      const maker = place.get(name)
      if (maker !== undefined) lastReader[maker] = at
      else if (name === image) furthest = at
    }
  })
  return nodes.map((_, at) => {
    const isCut = furthest <= at
    furthest = Math.max(furthest, lastReader[at]!)
    return isCut
  })
}

/** The producer of a tensor's value, ignoring casts, quantisation and similar nodes that are not cuts themselves. */
export function originPlace(flow: Flow, tensor: string): number | undefined {
  for (let name = tensor; ;) {
    const at = flow.place.get(name)
    if (at === undefined) return undefined
    const node = flow.nodes[at]!
    if (flow.cut[at] || !passesThrough(node.op)) return at
    name = node.inputs[0]!
  }
}
