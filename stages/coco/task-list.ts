/**
 * Task lists: a CSV that says which images are in which paired task, with the two categories asked about. Its columns
 * are `task`, `primary`, `secondary` and `image_id`, in any order; others are ignored.
 */
import { parseCsv } from "../csv/parse-csv.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import { fileTextOf } from "./file-text.ts"
import { Problems } from "./problems.ts"

/** A row of a task list. */
export interface ListedTask {
  /** the row's first line in the file, from 1 */
  readonly line: number
  readonly task: string
  readonly primary: string
  readonly secondary: string
  /** the image's id, exactly as written */
  readonly image: string
}

const columns = ["task", "primary", "secondary", "image_id"] as const
type TaskListColumn = (typeof columns)[number]

/**
 * Parses and checks a task list; the rows are in the file's order.
 *
 * @throws {CocoError} with the first problems found, by line: not UTF-8, malformed CSV, a missing column, an empty cell, an image
 *   twice in a task, a category in both roles of a task, no row
 */
export function parseTaskList(
  bytes: Uint8Array,
  { file }: { readonly file: string }
): ReadonlyArray<ListedTask> {
  const problems = new Problems(file)
  const { header, records } = tableOf(fileTextOf(bytes, file), problems)
  const at = columnsOf(header, problems)
  const checked = new Roles(problems)
  const images = new Map<string, number>()
  const rows: Array<ListedTask> = []
  for (const { line, cells } of records) {
    const field = `line ${line}`
    const empty = columns.filter((name) => cells[at[name]]!.trim() === "")
    if (empty.length > 0) {
      problems.add(field, `${empty.join(", ")}: an empty cell; every row needs ${columns.join(", ")}`)
      continue
    }
    const [task, primary, secondary, image] = columns.map((name) => cells[at[name]]!) as [
      string,
      string,
      string,
      string
    ]
    const key = JSON.stringify([task, image])
    const before = images.get(key)
    if (before === undefined) images.set(key, line)
    else
      problems.add(
        field,
        `image ${image} is twice in task "${task}", first in line ${before}: keep one row, with one pair`
      )
    checked.add(line, task, "primary", primary)
    checked.add(line, task, "secondary", secondary)
    rows.push({ line, task, primary, secondary, image })
  }
  if (records.length === 0) problems.add("", "it has a header, but no row")
  problems.check()
  return rows
}

/** Checks that a category has one role in a task; reports each category of a task once. */
class Roles {
  readonly #first = new Map<string, { readonly role: string; readonly line: number }>()
  readonly #told = new Set<string>()
  readonly #problems: Problems
  constructor(problems: Problems) {
    this.#problems = problems
  }
  add(line: number, task: string, role: "primary" | "secondary", category: string): void {
    const key = JSON.stringify([task, category])
    const first = this.#first.get(key)
    if (first === undefined) this.#first.set(key, { role, line })
    else if (first.role !== role && !this.#told.has(key)) {
      this.#told.add(key)
      this.#problems.add(
        `line ${line}`,
        `"${category}" is a ${role} category of task "${task}" here, but a ${first.role} one in line ${first.line}: give it one role`
      )
    }
  }
}

function tableOf(text: string, problems: Problems): ReturnType<typeof parseCsv> {
  try {
    return parseCsv(text)
  } catch (error) {
    const [, field = "", message] = /^(?:(line \d+): )?(.*)$/s.exec((error as Error).message)!
    return problems.fail(field, message!)
  }
}

/** The position of each column. */
function columnsOf(
  header: ReadonlyArray<string>,
  problems: Problems
): Readonly<Record<TaskListColumn, number>> {
  const missing = columns.filter((name) => !header.includes(name))
  if (missing.length > 0)
    problems.add(
      "line 1",
      `there is no column ${quoted(missing)}; the columns are ${quoted(header)} (a task list needs ${columns.join(", ")}, separated by commas)`
    )
  for (const name of columns)
    if (header.indexOf(name) !== header.lastIndexOf(name))
      problems.add("line 1", `two columns are called "${name}": rename one`)
  problems.check()
  return Object.fromEntries(columns.map((name) => [name, header.indexOf(name)])) as Record<
    TaskListColumn,
    number
  >
}

const quoted = (names: ReadonlyArray<string>) => names.map((name) => JSON.stringify(name)).join(", ")

/** Rows by image, both in the file's order. */
export function tasksByImage(
  rows: ReadonlyArray<ListedTask>
): ReadonlyMap<string, ReadonlyArray<ListedTask>> {
  const byImage = new Map<string, Array<ListedTask>>()
  for (const row of rows) {
    const others = byImage.get(row.image)
    if (others === undefined) byImage.set(row.image, [row])
    else others.push(row)
  }
  return byImage
}

/** What an image shows, as far as tasks are concerned. */
export interface Shown {
  readonly objects: ReadonlyArray<Pick<SceneObject, "category">>
  readonly left_out: ReadonlyArray<Pick<LeftOutObject, "category">>
}

/** Why an image cannot be asked about two categories; null if it shows both. Crowds count: masks are unions. */
export function lackOf(
  { primary, secondary }: Pick<ListedTask, "primary" | "secondary">,
  { objects, left_out }: Shown
): string | null {
  const lacking = [primary, secondary].filter((name) => !objects.some(({ category }) => category === name))
  const reasons = lacking.map((name) =>
    left_out.some(({ category }) => category === name)
      ? `every "${name}" in the image has degenerate polygons`
      : `no "${name}" in the image`
  )
  return reasons.length === 0 ? null : reasons.join("; ")
}
