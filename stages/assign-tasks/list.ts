/** Tasks by list: the rows of a task list that name the scene's id. */
import { causeText, compareIds, type Failed, failed } from "../../src/index.ts"
import { lackOf, type ListedTask, type Shown, tasksByImage } from "../coco/task-list.ts"
import type { TaskRow } from "../tables/tasks.ts"

interface TaskListOptions {
  /** the file's name, for messages */
  readonly file: string
  /** what becomes of a row whose image lacks a category: the scene fails, or the row is kept as left out */
  readonly missing: "error" | "skip"
}

/**
 * Gives each scene its rows of a task list.
 *
 * A scene fails if it lacks a category of its row (unless `missing` is `skip`), or if it is in no row but the list has
 * its id in another form, such as `000000004537` for `4537`: then the whole list would match nothing.
 */
export function rowsByList(rows: ReadonlyArray<ListedTask>, { file, missing }: TaskListOptions) {
  const byImage = tasksByImage(rows)
  const byPlainId = new Map(rows.map(({ image, line }) => [plainId(image), { image, line }]))
  return (scene: string, shown: Shown): ReadonlyArray<TaskRow> | Failed => {
    const own = byImage.get(scene)
    if (own === undefined) {
      const alike = byPlainId.get(plainId(scene))
      const cause = alike === undefined ? null : compareIds([alike.image], [scene]).cause
      return cause === null
        ? []
        : failed(
            `${file}: line ${alike!.line}: ${causeText(cause)}; write ids as the scenes have them, in all rows`
          )
    }
    const lacks = own.map((row) => ({ ...row, lack: lackOf(row, shown) }))
    const problems = lacks.filter(({ lack }) => lack !== null)
    if (missing === "error" && problems.length > 0)
      return failed(
        `${problems.map(({ line, task, lack }) => `${file}: line ${line}: image ${scene} of task "${task}": ${lack}`).join("\n")}; correct the row, or keep such rows as left out (missing: "skip")`
      )
    return lacks.map(({ task, primary, secondary, lack }) => ({ task, primary, secondary, left_out: lack }))
  }
}

/** An id without what other programs add to it: an image's extension, a decimal point, zero padding. */
const plainId = (id: string): string =>
  id.replace(/(?<=.)\.(?:0*|bmp|gif|jpe?g|png|tiff?|webp)$/i, "").replace(/^0+(?=\d)/, "")
