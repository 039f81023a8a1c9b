/** Checks of a graph that types cannot express: ids, ports, kinds of items, and columns that do not match. */
import { columnName, type Columns } from "./columns.ts"
import { own } from "../support/own.ts"
import type { GraphNode } from "./graph-node.ts"
import { type Issue, temporary } from "./check-stage.ts"
import { mostIdBytes, tooLongName } from "../support/file-names.ts"
import type { PortMode } from "./ports.ts"
import type { AnyRef } from "./stage.ts"

/** An error in the graph, with its node and field. */
export interface GraphIssue {
  readonly field: string | null
  readonly message: string
  readonly hint: string | null
}

const nodeId = /^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/
const dotSegment = /(?:^|\/)\.\.?(?:\/|$)/

/** File name endings in a run's folder: a node's table, the parts of its tensors, a lock. */
const endings = /\.(?:parquet|arrow|json|ndjson|lock)$/

/** A run's own files; they share a folder with its artifacts, which are named by node id. */
const ofTheRun = new Set(["run.json", "log.ndjson", "pinned", "items"])

/** A node's tensors get a folder named by its id, with a table of their items. */
export function checkViews(nodes: ReadonlyArray<GraphNode>, issue: Issue): void {
  for (const { id } of nodes)
    if (ofTheRun.has(id) || id.startsWith("pinned/"))
      issue(id, `a node cannot be called "${id}"`, "a run has a file of that name")
  const inside = nodes.filter(({ id }) => id.endsWith("/items")).map(({ id }) => id)
  if (inside.length === 0) return
  const columnsOf = new Map(nodes.map(({ id, columns }) => [id, Object.values(columns)]))
  for (const items of inside) {
    const id = items.slice(0, -"/items".length)
    if (columnsOf.get(id)?.some(({ type }) => type === "tensors") === true)
      issue(items, `the node "${items}" takes the place of the items of "${id}"`, "give it another id")
  }
}

export function checkId(ref: AnyRef, ids: Map<string, AnyRef>, issue: Issue): void {
  const id = String(ref.id)
  if (!nodeId.test(id) || (id.includes(".") && dotSegment.test(id)))
    issue(
      id,
      `"${id}" cannot be a node's id`,
      "use lower-case letters, digits, '.', '_' and '-', in segments joined by '/'"
    )
  else checkSegments(id, issue)
  const other = ids.get(id)
  if (other !== undefined && other !== ref)
    issue(
      id,
      `two nodes are called "${id}" (stages "${other.stage.name}" and "${ref.stage.name}")`,
      "give one of them another id"
    )
  ids.set(id, ref)
}

/** A node's artifact gets the node's id as its name in the run's folder. */
function checkSegments(id: string, issue: Issue): void {
  const wrongId = tooLongName(id, mostIdBytes)
  if (wrongId !== null) issue(id, `the node id "${id}" ${wrongId}`, "give it a shorter id")
  for (const segment of id.split("/")) {
    const wrong = tooLongName(segment)
    if (wrong !== null)
      issue(
        id,
        `the node id "${id}" ${id === segment ? "" : `has a segment that `}${wrong}`,
        "give it a shorter id: artifacts are stored in files of that name"
      )
    // `checkViews` reports the run's own files
    else if (!ofTheRun.has(id) && (endings.test(segment) || segment.includes(temporary)))
      issue(
        id,
        `"${id}" cannot be a node's id: "${segment}" looks like a file of the store`,
        `leave out "${endings.exec(segment)?.[0] ?? temporary}"`
      )
  }
}

export function checkPort(
  ref: AnyRef,
  name: string,
  mode: PortMode,
  reads: Columns,
  input: GraphNode,
  issue: Issue
): void {
  const field = `${ref.id}.${name}`
  const wants =
    mode === "each" ? ["row per item"] : mode === "group" ? ["row per item", "rows per item"] : null
  if (wants !== null && !wants.includes(input.form))
    issue(
      field,
      `node "${ref.id}": port "${name}" wants ${wants.join(" or ")}, but "${input.id}" gives ${input.form === "table" ? "a table" : input.form}`
    )
  // with one row per item, the ids determine the number of rows; in other forms only a column's values bring
  // it into the key
  if (Object.keys(reads).length === 0 && input.form !== "row per item")
    issue(
      field,
      `node "${ref.id}": port "${name}" declares no column of "${input.id}"`,
      `declare one, so that the key holds its rows: it has ${Object.keys(input.columns).join(", ")}`
    )
  const isFamily = mode === "member" || mode === "memberNames"
  for (const [column, declared] of Object.entries(reads)) {
    const has = own(input.columns, column)
    if (has === undefined)
      issue(
        `${field}.${column}`,
        `node "${ref.id}": port "${name}" reads the column "${column}", which "${input.id}" does not have`,
        `it has: ${Object.keys(input.columns).join(", ")}`
      )
    else if (isFamily ? has.type !== declared.type : JSON.stringify(has) !== JSON.stringify(declared))
      issue(
        `${field}.${column}`,
        `node "${ref.id}": port "${name}" reads "${column}" as ${declared.type}, but in "${input.id}" it is ${has.type}`
      )
  }
}

/** Items are joined by id, so all items of an itemwise stage must be made by one node. */
export function itemRootOf(node: GraphNode, issue: Issue): GraphNode | null {
  if (node.stage.kind !== "itemwise") return null
  const joined = Object.entries(node.ports).filter(([, p]) => p.mode === "each" || p.mode === "group")
  const roots = new Map<GraphNode, string>()
  for (const [name, port] of joined)
    for (const input of port.from) if (input.itemRoot !== null) roots.set(input.itemRoot, name)
  if (joined.length === 0) {
    const inputs = Object.entries(node.stage.spec.inputs ?? {})
    const open = inputs.flatMap(([name, { mode }]) => (mode === "each" || mode === "group" ? [name] : []))
    issue(
      node.id,
      open.length === 0
        ? `itemwise stage "${node.stage.name}" has no port that gives it items`
        : `node "${node.id}": no port gives it items, because ${open.map((name) => `"${name}"`).join(" and ")} of stage "${node.stage.name}" ${open.length === 1 ? "is" : "are"} left out`,
      open.length === 0 ? "give it an each(…) or group(…) input" : "connect a node to one of them"
    )
  }
  if (roots.size > 1) {
    const named = [...roots].map(([s, port]) => `"${port}" from "${s.id}"`).join(", ")
    issue(
      node.id,
      `node "${node.id}": its ports get items from different nodes: ${named}`,
      "items are joined by id: connect ports whose items come from the same node"
    )
  }
  return [...roots.keys()][0] ?? null
}

export function checkColumns(node: GraphNode, issue: Issue): void {
  const idColumn = node.itemRoot?.stage.spec.item
  for (const name of Object.keys(node.columns)) {
    if (!columnName.test(name))
      issue(
        `${node.id}.${name}`,
        `stage "${node.stage.name}": "${name}" cannot be a column's name`,
        "use letters, digits and '_', a letter first"
      )
    if (idColumn !== undefined && name === idColumn)
      issue(
        `${node.id}.${name}`,
        `stage "${node.stage.name}": the column name "${name}" is taken by the items' ids`
      )
  }
}
