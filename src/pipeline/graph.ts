/**
 * Builds and checks the graph of a pipeline: its nodes in topological order, inputs first.
 *
 * TypeScript rejects most wrong wirings while the file is being written. Errors that types cannot express
 * (two nodes with one id, an empty fan-out, ports with different samples, values out of range) are rejected
 * here, all at once.
 */
import { checkColumns, checkId, checkPort, checkViews, type GraphIssue, itemRootOf } from "./check-graph.ts"
import { checkStage } from "./check-stage.ts"
import { checkParams } from "./check-params.ts"
import { type Graph, type GraphNode, type GraphPort, portColumn } from "./graph-node.ts"
import { own } from "../support/own.ts"
import type { AnyRef, AnyStage } from "./stage.ts"

export type { GraphIssue } from "./check-graph.ts"
export { inputIds } from "./graph-node.ts"
export type { Graph, GraphNode, GraphPort, PortColumn } from "./graph-node.ts"

const isRef = (value: unknown): value is AnyRef =>
  typeof value === "object" && value !== null && "stage" in value && "args" in value && "id" in value

/** Builds and checks the graph from the result of `graph()`. `resolve` makes paths absolute. */
export function buildGraph(
  pipeline: string,
  returned: unknown,
  resolve: (path: string) => string
): { readonly graph: Graph; readonly issues: ReadonlyArray<GraphIssue> } {
  const issues: Array<GraphIssue> = []
  const issue = (field: string | null, message: string, hint: string | null = null) => {
    issues.push({ field, message, hint })
  }
  const nodes: Array<GraphNode> = []
  const made = new Map<AnyRef, GraphNode>()
  const ids = new Map<string, AnyRef>()
  const stages = new Set<AnyStage>()

  /** Makes a ref's node, after its inputs. Iterative, because a chain may be longer than the call stack. */
  const visit = (last: AnyRef): GraphNode => {
    const open = [last]
    for (let ref = open.at(-1); ref !== undefined; ref = open.at(-1)) {
      const isMade = made.has(ref)
      if (!isMade && openInputs(ref, made, open)) continue
      if (!isMade) place(ref)
      open.pop()
    }
    return made.get(last)!
  }
  const place = (ref: AnyRef): void => {
    checkId(ref, ids, issue)
    checkStage(ref.stage, stages, issue)
    const spec = ref.stage.spec
    const inputs = spec.inputs ?? {}
    const ports = new Map<string, GraphPort>()
    const all = new Set<GraphNode>()
    const written = Object.entries(ref.args).filter(([name]) => !Object.hasOwn(inputs, name))
    for (const [name, { mode, reads, member, optional }] of Object.entries(inputs)) {
      if (optional === true && own(ref.args, name) === undefined) continue
      const fedAt = member?.of ?? name
      const arg = Object.hasOwn(inputs, fedAt) ? own(ref.args, fedAt) : undefined
      const fed = mode === "many" ? arg : [arg]
      const field = `${ref.id}.${name}`
      if (member !== undefined && Object.hasOwn(ref.args, name))
        issue(
          field,
          `node "${ref.id}": port "${name}" of stage "${ref.stage.name}" has no input of its own`,
          `it reads the node at port "${member.of}": leave "${name}" out`
        )
      if (!Array.isArray(fed) || !fed.every(isRef)) {
        issue(
          field,
          `node "${ref.id}": port "${name}" of stage "${ref.stage.name}" is not fed by ${mode === "many" ? "a list of nodes" : "a node"}`,
          "pass the return value of a stage call"
        )
        continue
      }
      if (fed.length === 0)
        issue(
          field,
          `node "${ref.id}": port "${name}" is fed by an empty list`,
          "an empty fan-out has nothing to compute: give it at least one node"
        )
      const from = fed.map((input) => made.get(input)!)
      for (const input of from) {
        checkPort(ref, name, mode, reads, input, issue)
        all.add(input)
      }
      const by = member === undefined ? {} : { by: portColumn(member.by) }
      ports.set(name, { mode, reads, from, ...by, ...(optional === true ? { optional } : {}) })
    }
    const checked = checkParams(spec.params ?? {}, Object.fromEntries(written), resolve)
    for (const wrong of checked.issues)
      issue(`${ref.id}.${wrong.field}`, `node "${ref.id}": ${wrong.message}`, wrong.hint)
    const node: GraphNode = {
      id: ref.id,
      stage: ref.stage,
      form: ref.form,
      columns: ref.columns,
      ports: Object.fromEntries(ports),
      inputs: [...all],
      params: checked.values,
      itemRoot: null
    }
    const self: GraphNode =
      ref.stage.kind !== "itemwise" && ref.form !== "table"
        ? Object.assign(node, { itemRoot: node })
        : Object.assign(node, { itemRoot: itemRootOf(node, issue) })
    checkColumns(self, issue)
    nodes.push(self)
    made.set(ref, self)
  }

  const outputs = new Map<string, ReadonlyArray<GraphNode>>()
  const entries = typeof returned === "object" && returned !== null ? Object.entries(returned) : []
  if (entries.length === 0)
    issue("graph", "the graph returns no nodes", "return what you want computed: graph: () => ({ measures })")
  for (const [name, output] of entries) {
    const refs: unknown = Array.isArray(output) ? output : [output]
    if (!Array.isArray(refs) || !refs.every(isRef) || refs.length === 0)
      issue(
        `graph.${name}`,
        `the graph's output "${name}" is not a node or a list of nodes`,
        "return the value of a stage call"
      )
    else outputs.set(name, refs.map(visit))
  }
  checkViews(nodes, issue)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return { graph: { pipeline, nodes, byId, outputs: Object.fromEntries(outputs) }, issues }
}

/** Pushes a ref's unmade inputs onto the stack, the first on top. False if all of them are made. */
function openInputs(ref: AnyRef, made: ReadonlyMap<AnyRef, GraphNode>, open: Array<AnyRef>): boolean {
  const before = open.length
  const add = (fed: unknown) => {
    if (isRef(fed) && !made.has(fed)) open.push(fed)
  }
  const ports = Object.keys(ref.stage.spec.inputs ?? {})
  for (let p = ports.length - 1; p >= 0; p--) {
    const fed = own(ref.args, ports[p]!)
    if (!Array.isArray(fed)) add(fed)
    else for (let i = fed.length - 1; i >= 0; i--) add(fed[i])
  }
  return open.length > before
}
