/** Checks of a stage's declaration that types cannot express. */
import { type AnyColumn, columnName } from "./columns.ts"
import { own } from "../support/own.ts"
import { didYouMean } from "../support/problem.ts"
import { portColumn } from "./graph-node.ts"
import { tooLongName } from "../support/file-names.ts"
import type { MemberOf } from "./ports.ts"
import type { AnyStage } from "./stage.ts"

export type Issue = (field: string | null, message: string, hint?: string | null) => void

/** The store deletes files with this in their names sooner or later. */
export const temporary = ".tmp-"
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
      `stage "${stage.name}" makes items but does not declare their kind`,
      'declare `item`, such as item: "scene"'
    )
  if (stage.kind === "whole" && !makesItems && item !== undefined)
    issue(
      stage.name,
      `stage "${stage.name}" declares items ("${item}") but gives a table`,
      "leave `item` out, or declare its output by one(…) or rows(…)"
    )
  if (item !== undefined) checkLength(`stage "${stage.name}": its items' name`, item, stage.name, issue)
  if (item !== undefined && (!columnName.test(item) || reserved.includes(item)))
    issue(
      stage.name,
      `stage "${stage.name}": its items cannot be called "${item}"`,
      "name the kind of item, such as scene"
    )
  for (const [name, { mode, member, optional }] of Object.entries(stage.spec.inputs ?? {})) {
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
        `stage "${stage.name}": its port "${name}" is read item by item, which a whole stage cannot do`,
        "read it by whole(…) or many(…), or make the stage itemwise"
      )
    if (optional === true && mode !== "group" && mode !== "whole" && mode !== "many")
      issue(
        field,
        `stage "${stage.name}": its port "${name}" is read by ${mode}(…), which cannot be optional`,
        "only group(…), whole(…) and many(…) ports can be left out"
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
  checkRowKey(stage, issue)
}

const scalars = new Set(["utf8", "int32", "float64", "bool"])
const isScalar = ({ type, detail }: AnyColumn): boolean =>
  scalars.has(type === "nullable" ? (detail as AnyColumn).type : type)

function checkRowKey({ name, spec: { rowKey, output } }: AnyStage, issue: Issue): void {
  if (rowKey === undefined) return
  const field = `${name}.rowKey`
  const refuse = (what: string, hint: string) => issue(field, `stage "${name}": its rowKey ${what}`, hint)
  if (output.form === "row per item")
    return refuse("has nothing to name: it gives one row per item", "leave it out: the item names the row")
  if (!Array.isArray(rowKey) || rowKey.length === 0)
    return refuse(
      "is not a list of columns",
      "list the columns that tell its rows apart, or leave rowKey out if nothing does"
    )
  const keys = Object.keys(output.columns).filter((column) => isScalar(output.columns[column]!))
  for (const column of new Set(rowKey as ReadonlyArray<string>)) {
    const declared = own(output.columns, column)
    if (declared === undefined)
      refuse(
        `names "${column}", which is no column of its output`,
        didYouMean(String(column), keys) ?? `it can name: ${keys.join(", ")}`
      )
    else if (!isScalar(declared))
      refuse(
        `names "${column}", which holds ${declared.type}`,
        "name columns of text, numbers or booleans, nullable or not"
      )
    if (rowKey.indexOf(column) !== rowKey.lastIndexOf(column))
      refuse(`names "${column}" twice`, "name each column once")
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
  else if (ports[of]!.optional === true)
    issue(
      field,
      `stage "${name}": its member port reads the artifact of "${of}", which a node may leave out`,
      `declare "${of}" without optional(…)`
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
