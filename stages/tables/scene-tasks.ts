/** Reads a stage's optional port `tasks`, for questions that need it. */
import { StageError, type Table } from "../../src/index.ts"
import { joinIds } from "./joins.ts"
import { eachRow, pickColumns } from "./readers.ts"
import { taskColumns, type TaskRow } from "./tasks.ts"

/** What a question about pairs reads of the tasks. */
export const askedTaskColumns = pickColumns(taskColumns, "task", "primary", "secondary", "left_out")
export interface SceneTask extends TaskRow {
  readonly scene: string
}

/**
 * All tasks of these scenes, in the table's order.
 *
 * @throws StageError if the port is empty, no scene is in any task, or the tasks are of other scenes
 */
export async function readSceneTasks(
  tasks: Table<typeof askedTaskColumns> | undefined,
  scenes: ReadonlySet<string>
): Promise<ReadonlyArray<SceneTask>> {
  if (tasks === undefined)
    throw new StageError("questions about pairs need tasks, but the port `tasks` is empty", {
      field: "tasks",
      hint: "connect it to assign-tasks"
    })
  const rows: Array<SceneTask> = []
  for await (const row of eachRow(tasks, "task", "primary", "secondary", "left_out")) rows.push(row)
  if (rows.length === 0)
    throw new StageError("no scene is in any task", {
      field: "tasks",
      hint: "check that `image_id` in the file of tasks holds the ids of the scenes, or that the rule's categories occur"
    })
  joinIds(
    { whose: "the tasks", what: "scenes", ids: rows.map(({ scene }) => scene) },
    { whose: "the rows of scenes", what: "scenes", ids: scenes }
  )
  return rows.filter(({ scene }) => scenes.has(scene))
}
