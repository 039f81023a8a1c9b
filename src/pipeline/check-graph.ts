/** Checks of a graph that types cannot express: names, ports, samples, and columns that do not match. */
import { columnName, type Columns } from "./columns.ts"
import { own } from "../support/own.ts"
import { type GraphNode, portColumn } from "./graph-node.ts"
import { mostIdBytes, tooLongName } from "../support/file-names.ts"
import type { MemberOf, PortMode } from "./ports.ts"
import type { AnyRef, AnyStage } from "./stage.ts"

/** An error in the graph, with its node and field. */
export interface GraphIssue {
  readonly field: string | null
  readonly message: string
  readonly hint: string | null
}

const nodeId = /^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/
const dotSegment = /(?:^|\/)\.\.?(?:\/|$)/

/** The store deletes files with this in their names sooner or later. */
const temporary = ".tmp-"
/** File name endings in a run's folder: a node's table, the parts of its tensors, a lock. */
const endings = /\.(?:parquet|arrow|json|ndjson|lock)$/

/** A stage's name becomes a folder of the store. */
const stageName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** Names that a row or an item already uses. */
const reserved = ["id", "item", "failed"]
/** Names already used in an item, or next to a stage's whole ports. */
const takenByItem = new Set(["id", "params", "resource"])

export function checkStage(stage: AnyStage, seen: Set<AnyStage>, issue: Issue): void {
  if (seen.has(stage)) return
  seen.add(stage)
  if (!stageName.test(stage.name))
    issue(
      stage.name,
      `"${stage.name}" cannot be a stage's name`,
      "use letters, digits, '.', '_' and '-', a letter or digit first"
    )
  checkLength(`stage "${stage.name}": its name`, stage.name, stage.name, issue)
  if (stage.name.includes(temporary))
    issue(stage.name, `"${stage.name}" cannot be a stage's name`, `"${temporary}" marks temporary files`)
  const { item, output } = stage.spec
  const makesItems = stage.kind !== "itemwise" && output.form !== "table"
  if (makesItems && item === undefined)
    issue(
      stage.name,
      `stage "${stage.name}" makes items, but does not say of which kind`,
      'declare `item`, such as item: "scene"'
    )
  if (stage.kind === "whole" && !makesItems && item !== undefined)
    issue(
      stage.name,
      `stage "${stage.name}" declares items ("${item}"), but gives a table, which has none`,
      "leave `item` out, or declare its output by one(…) or rows(…)"
    )
  if (item !== undefined) checkLength(`stage "${stage.name}": its items' name`, item, stage.name, issue)
  if (item !== undefined && (!columnName.test(item) || reserved.includes(item)))
    issue(
      stage.name,
      `stage "${stage.name}": its items cannot be called "${item}"`,
      "name the kind of item, such as scene"
    )
  for (const [name, { mode, member }] of Object.entries(stage.spec.inputs ?? {})) {
    const field = `${stage.name}.${name}`
    if (stage.kind === "itemwise" && takenByItem.has(name))
      issue(
        field,
        `stage "${stage.name}": a port cannot be called "${name}"`,
        "the function gets another value by that name"
      )
    if (Object.hasOwn(stage.spec.params ?? {}, name))
      issue(
        field,
        `stage "${stage.name}" has a port and a parameter "${name}"`,
        "give one of them another name"
      )
    if (stage.kind === "whole" && (mode === "each" || mode === "group" || mode === "member"))
      issue(
        field,
        `stage "${stage.name}": its port "${name}" is joined by items, which a whole stage does not read`,
        "read it by whole(…) or many(…), or make the stage itemwise"
      )
    if (stage.kind === "itemwise" && member !== undefined) checkMember(stage, field, member, issue)
  }
  for (const name of Object.keys(output.columns)) {
    checkLength(`stage "${stage.name}": the column name "${name}"`, name, `${stage.name}.${name}`, issue)
    if (reserved.includes(name))
      issue(
        `${stage.name}.${name}`,
        `stage "${stage.name}": a column cannot be called "${name}"`,
        `${reserved.join(", ")} are taken by the items`
      )
  }
}

/** A member port reads the artifact of a whole port, and an item names its member in a text column of its own. */
function checkMember({ name, spec }: AnyStage, field: string, { of, by }: MemberOf, issue: Issue): void {
  const ports = spec.inputs ?? {}
  if (own(ports, of)?.mode !== "whole")
    issue(
      field,
      `stage "${name}": its member port reads the artifact of "${of}", which is not a whole(…) port`,
      "add such a port for the artifact: its columns describe the rows of the member's matrix"
    )
  const { port, column } = portColumn(by)
  const named = own(ports, port)
  if (named?.mode !== "each" || own(named.reads, column)?.type !== "utf8")
    issue(
      field,
      `stage "${name}": its member port takes names from "${by}", which is not a text column of an each(…) port`,
      'write `by: "port.column"`, and let the port read that column as column.utf8()'
    )
}

function checkLength(what: string, name: string, field: string, issue: Issue): void {
  const wrong = tooLongName(name)
  if (wrong !== null) issue(field, `${what} ${wrong}`, "give it a shorter name")
}

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

export type Issue = (field: string | null, message: string, hint?: string | null) => void

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
  if (joined.length === 0)
    issue(
      node.id,
      `itemwise stage "${node.stage.name}" has no port that gives it items`,
      "give it an each(…) or group(…) input"
    )
  if (roots.size > 1) {
    const named = [...roots].map(([s, port]) => `"${port}" from "${s.id}"`).join(", ")
    issue(
      node.id,
      `node "${node.id}": its ports have items of different nodes: ${named}`,
      "items are joined by id: feed all of them with items that one node makes"
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
