/**
 * The graph of a pipeline: its nodes in an order in which inputs come first, checked.
 *
 * TypeScript refuses most wrong wirings when the file is written; what types cannot see (two nodes of one id, an
 * empty fan-out, ports fed from different samples, values out of range) is refused here, all of it at once.
 */
import { checkParams } from "./check-params.ts"
import { columnName, type Columns } from "./columns.ts"
import type { Form, Take } from "./ports.ts"
import type { AnyRef, AnyStage } from "./stage.ts"

export interface GraphPort {
  readonly take: Take
  /** the columns that the stage reads */
  readonly reads: Columns
  /** the nodes it is fed from: one, or any number for `many` */
  readonly from: ReadonlyArray<GraphNode>
}
export interface GraphNode {
  readonly id: string
  readonly stage: AnyStage
  readonly form: Form
  readonly columns: Columns
  readonly ports: Readonly<Record<string, GraphPort>>
  /** parameters, defaults filled in, paths absolute */
  readonly params: Readonly<Record<string, unknown>>
  /** the source whose items these are; null for a table */
  readonly sample: GraphNode | null
}
export interface Graph {
  readonly pipeline: string
  /** inputs first */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly byId: ReadonlyMap<string, GraphNode>
  /** what the pipeline returns, by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<GraphNode>>>
}
/** Something wrong with the graph, and the node and field where it is. */
export interface GraphIssue {
  readonly field: string | null
  readonly message: string
  readonly hint: string | null
}

const nodeId = /^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/
const dotSegment = /(?:^|\/)\.\.?(?:\/|$)/
const isRef = (value: unknown): value is AnyRef =>
  typeof value === "object" && value !== null && "stage" in value && "args" in value && "id" in value

/** Builds and checks the graph of what `graph()` returned. `resolve` makes paths absolute. */
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

  /** The node of a ref, after those that it reads. Without recursion: a chain may be longer than the stack is deep. */
  const visit = (last: AnyRef): GraphNode => {
    const open = [last]
    for (let ref = open.at(-1); ref !== undefined; ref = open.at(-1)) {
      const isMade = made.has(ref)
      const waiting = isMade ? [] : inputsToCome(ref, made)
      for (let i = waiting.length - 1; i >= 0; i--) open.push(waiting[i]!)
      if (waiting.length > 0) continue
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
    const ports: Record<string, GraphPort> = {}
    const written: Record<string, unknown> = {}
    for (const [name, arg] of Object.entries(ref.args)) if (!Object.hasOwn(inputs, name)) written[name] = arg
    for (const [name, { take, reads }] of Object.entries(inputs)) {
      const fed = take === "many" ? ref.args[name] : [ref.args[name]]
      const field = `${ref.id}.${name}`
      if (!Array.isArray(fed) || !fed.every(isRef)) {
        issue(
          field,
          `node "${ref.id}": port "${name}" of stage "${ref.stage.name}" is not fed by ${take === "many" ? "a list of nodes" : "a node"}`,
          "an edge is what calling a stage returns"
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
      for (const input of from) checkPort(ref, name, take, reads, input, issue)
      ports[name] = { take, reads, from }
    }
    const checked = checkParams(spec.params ?? {}, written, resolve)
    for (const wrong of checked.issues)
      issue(`${ref.id}.${wrong.field}`, `node "${ref.id}": ${wrong.message}`, wrong.hint)
    const node: GraphNode = {
      id: ref.id,
      stage: ref.stage,
      form: ref.form,
      columns: ref.columns,
      ports,
      params: checked.values,
      sample: null
    }
    const self: GraphNode =
      ref.stage.kind === "source" && ref.form !== "table"
        ? Object.assign(node, { sample: node })
        : Object.assign(node, { sample: sampleOf(node, issue) })
    checkColumns(self, issue)
    nodes.push(self)
    made.set(ref, self)
  }

  const outputs: Record<string, ReadonlyArray<GraphNode>> = {}
  const entries = typeof returned === "object" && returned !== null ? Object.entries(returned) : []
  if (entries.length === 0)
    issue("graph", "the graph returns no nodes", "return what you want computed: graph: () => ({ measures })")
  for (const [name, output] of entries) {
    const refs: unknown = Array.isArray(output) ? output : [output]
    if (!Array.isArray(refs) || !refs.every(isRef) || refs.length === 0)
      issue(
        `graph.${name}`,
        `the graph's output "${name}" is not a node or a list of nodes`,
        "return what calling a stage gives"
      )
    else outputs[name] = refs.map(visit)
  }
  checkViews(nodes, issue)
  return { graph: { pipeline, nodes, byId: new Map(nodes.map((n) => [n.id, n])), outputs }, issues }
}

/** The refs that a ref reads and that are not made yet. */
function inputsToCome(ref: AnyRef, made: ReadonlyMap<AnyRef, GraphNode>): ReadonlyArray<AnyRef> {
  const refs: Array<AnyRef> = []
  const add = (fed: unknown) => {
    if (isRef(fed) && !made.has(fed)) refs.push(fed)
  }
  for (const name of Object.keys(ref.stage.spec.inputs ?? {})) {
    const fed = ref.args[name]
    if (Array.isArray(fed)) fed.forEach(add)
    else add(fed)
  }
  return refs
}

/** A stage's name is a folder of the store. */
const stageName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** Names that a row or an item has already. */
const reserved = ["id", "item", "failed"]

function checkStage(stage: AnyStage, seen: Set<AnyStage>, issue: Issue): void {
  if (seen.has(stage)) return
  seen.add(stage)
  if (!stageName.test(stage.name))
    issue(
      stage.name,
      `"${stage.name}" cannot be a stage's name`,
      "use letters, digits, '.', '_' and '-', a letter or digit first"
    )
  const { item, output } = stage.spec
  if (item !== undefined && (!columnName.test(item) || reserved.includes(item)))
    issue(
      stage.name,
      `stage "${stage.name}": its items cannot be called "${item}"`,
      "name what an item is: scene"
    )
  for (const name of Object.keys(output.columns))
    if (reserved.includes(name))
      issue(
        `${stage.name}.${name}`,
        `stage "${stage.name}": a column cannot be called "${name}"`,
        `${reserved.join(", ")} are taken by the items`
      )
}

/** Files of a run's own, beside which its artifacts lie by their nodes' ids. */
const ofTheRun = new Set(["run.json", "log.ndjson", "pinned", "items"])

/** A node's tensors lie in a folder of its id, with a table of their items. */
function checkViews(nodes: ReadonlyArray<GraphNode>, issue: Issue): void {
  const ids = new Set(nodes.map(({ id }) => id))
  for (const { id, columns } of nodes) {
    if (ofTheRun.has(id)) issue(id, `a node cannot be called "${id}"`, "a run has a file of that name")
    const hasTensors = Object.values(columns).some(({ type }) => type === "tensors")
    if (hasTensors && ids.has(`${id}/items`))
      issue(`${id}/items`, `the node "${id}/items" lies where the items of "${id}" do`, "give it another id")
  }
}

type Issue = (field: string | null, message: string, hint?: string | null) => void

function checkId(ref: AnyRef, ids: Map<string, AnyRef>, issue: Issue): void {
  const id = String(ref.id)
  if (!nodeId.test(id) || dotSegment.test(id))
    issue(
      id,
      `"${id}" cannot be a node's id`,
      "use lower-case letters, digits, '.', '_' and '-', in segments joined by '/'"
    )
  const other = ids.get(id)
  if (other !== undefined && other !== ref)
    issue(
      id,
      `two nodes are called "${id}" (stages "${other.stage.name}" and "${ref.stage.name}")`,
      "give one of them another id"
    )
  ids.set(id, ref)
}

function checkPort(
  ref: AnyRef,
  name: string,
  take: Take,
  reads: Columns,
  input: GraphNode,
  issue: Issue
): void {
  const field = `${ref.id}.${name}`
  const wants =
    take === "each" ? ["row per item"] : take === "group" ? ["row per item", "rows per item"] : null
  if (wants !== null && !wants.includes(input.form))
    issue(
      field,
      `node "${ref.id}": port "${name}" wants ${wants.join(" or ")}, but "${input.id}" gives ${input.form === "table" ? "a table" : input.form}`
    )
  for (const [column, declared] of Object.entries(reads)) {
    const has = input.columns[column]
    if (has === undefined)
      issue(
        `${field}.${column}`,
        `node "${ref.id}": port "${name}" reads the column "${column}", which "${input.id}" does not have`,
        `it has: ${Object.keys(input.columns).join(", ")}`
      )
    else if (has !== declared && JSON.stringify(has) !== JSON.stringify(declared))
      issue(
        `${field}.${column}`,
        `node "${ref.id}": port "${name}" reads "${column}" as ${declared.type}, but in "${input.id}" it is ${has.type}`
      )
  }
}

/** Items are joined by id, so all of an itemwise stage's items must come from one source. */
function sampleOf(node: GraphNode, issue: Issue): GraphNode | null {
  if (node.stage.kind !== "itemwise") return null
  const joined = Object.entries(node.ports).filter(([, p]) => p.take === "each" || p.take === "group")
  const samples = new Map<GraphNode, string>()
  for (const [name, port] of joined)
    for (const input of port.from) if (input.sample !== null) samples.set(input.sample, name)
  if (joined.length === 0)
    issue(
      node.id,
      `itemwise stage "${node.stage.name}" has no port that gives it items`,
      "give it an each(…) or group(…) input"
    )
  if (samples.size > 1) {
    const named = [...samples].map(([s, port]) => `"${port}" from "${s.id}"`).join(", ")
    issue(
      node.id,
      `node "${node.id}": its ports are fed from different samples: ${named}`,
      "items are joined by id: feed all of them from one source"
    )
  }
  return [...samples.keys()][0] ?? null
}

function checkColumns(node: GraphNode, issue: Issue): void {
  const label = node.sample?.stage.spec.item
  for (const name of Object.keys(node.columns)) {
    if (!columnName.test(name))
      issue(
        `${node.id}.${name}`,
        `stage "${node.stage.name}": "${name}" cannot be a column's name`,
        "use letters, digits and '_', a letter first"
      )
    if (label !== undefined && name === label)
      issue(
        `${node.id}.${name}`,
        `stage "${node.stage.name}": the column name "${name}" is taken by the items' ids`
      )
  }
}
