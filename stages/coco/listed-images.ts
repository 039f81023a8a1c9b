/** The images that a task list names, checked against the annotations. */
import { causeText, type FileRef, type SourceContext } from "../../src/index.ts"
import { joinIds } from "../tables/joins.ts"
import type { Instances } from "./annotations.ts"
import { Problems } from "./problems.ts"
import { lackOf, type ListedTask } from "./task-list.ts"

interface Listing {
  readonly tasks: FileRef
  readonly annotations: FileRef
  /** `error` refuses rows that the annotations cannot serve; `skip` leaves out those without an image */
  readonly missing: "error" | "skip"
}

/**
 * The ids of the listed images that the annotations have, in the annotations' order. With `skip`, a row is still kept
 * if its image lacks one of its categories: `assign-tasks` says so in its table.
 *
 * @throws {CocoError} up to 20 rows, by line, whose image is unknown or lacks one of the row's categories
 * @throws StageError if no row names an image of the annotations, whatever `missing` is
 */
export function listedImages(
  rows: ReadonlyArray<ListedTask>,
  { images, categories, objects, leftOut }: Instances,
  { tasks, annotations, missing }: Listing,
  { lost }: SourceContext
): ReadonlyArray<string> {
  const ids = images.map(({ id }) => id)
  const { cause } = joinIds(
    { whose: `the tasks of ${tasks.path}`, what: "images", ids: rows.map(({ image }) => image) },
    { whose: `the images of ${annotations.path}`, what: "images", ids }
  )
  const [known, names] = [new Set(ids), new Set(categories.values())]
  const listed = new Set<string>()
  const problems = new Problems(tasks.path)
  const why = cause === null ? "" : `; ${causeText(cause)}`
  const remedy = `correct the row, or leave such rows out (missing: "skip")`
  lost({ what: "task rows", reason: null, count: 0 })
  for (const row of rows) {
    const { image, task, line } = row
    const at = `image ${image} of task "${task}"`
    if (!known.has(image)) {
      problems.add(`line ${line}`, `${at} is not in ${annotations.path}${why}: ${remedy}`)
      lost({
        what: "task rows",
        reason: `the annotations have no image with this id${why}`,
        examples: [`line ${line}: ${image}`]
      })
      continue
    }
    lost({ what: "task rows", reason: null })
    listed.add(image)
    const lack = lackOf(row, { objects: objects.get(image) ?? [], left_out: leftOut.get(image) ?? [] })
    if (lack === null) continue
    const unknown = [row.primary, row.secondary].filter((name) => !names.has(name))
    const hint = unknown.map((name) => ` ("${name}" is not a category of the annotations)`).join("")
    problems.add(`line ${line}`, `${at}: ${lack}${hint}: ${remedy}`)
  }
  if (missing === "error") problems.check()
  return ids.filter((id) => listed.has(id))
}
