/** `assign-tasks`: which paired tasks a scene is in, and the two categories asked about. */
import { defineStage, each, type Failed, type FileRef, param, rows } from "../../src/index.ts"
import { readRegular } from "../../src/support/regular-file.ts"
import { parseTaskList } from "../coco/task-list.ts"
import { byCodePoint } from "../tables/ids.ts"
import { pickColumns } from "../tables/readers.ts"
import { type LeftOutObject, sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { taskColumns, type TaskRow } from "../tables/tasks.ts"
import { rowsByList } from "./list.ts"
import { lossesOfTasks } from "./losses.ts"
import { checkRules, rowByRule, type TaskRule } from "./rule.ts"

const rule = param.struct({
  task: param.text(),
  primary: param.list(param.text(), { doc: "categories of the main object" }),
  secondary: param.list(param.text()),
  crowds: param.bool({
    default: false,
    doc: "whether a crowd, one annotation for many objects, shows its category"
  }),
  min_area: param.number({
    default: 0,
    min: 0,
    doc: "minimum total annotated area of a category, in square pixels"
  })
})
const ways = {
  list: {
    file: param.file({ doc: "CSV with the columns task, primary, secondary and image_id (the scene's id)" }),
    missing: param.choice(["error", "skip"], {
      default: "error",
      doc: "a row whose scene lacks one of the categories: the scene fails, or the row is kept as left out"
    })
  },
  rule: { rules: param.list(rule, { doc: "one per task" }) }
}

/**
 * Tasks from a CSV with the columns `task`, `primary`, `secondary` and `image_id`. Rows that name no scene are not
 * counted: the source reports them (`coco` with the same list as `tasks`).
 */
export const taskList = (file: FileRef, options: { readonly missing?: "error" | "skip" } = {}) => ({
  kind: "list" as const,
  file,
  ...options
})

/** Tasks by rule: a scene is in a task if it shows exactly one of its primary and one of its secondary categories. */
export const taskRules = (
  rules: ReadonlyArray<Pick<TaskRule, "task" | "primary" | "secondary"> & Partial<TaskRule>>
) => ({ kind: "rule" as const, rules })

interface AnnotatedScene {
  readonly objects: ReadonlyArray<SceneObject>
  readonly left_out: ReadonlyArray<LeftOutObject>
}
type Assign = (scene: string, shown: AnnotatedScene) => ReadonlyArray<TaskRow> | Failed

export const assignTasks = defineStage.itemwise("assign-tasks", {
  doc: "the paired tasks of each scene, with the primary and secondary category, from a list or by a rule",
  inputs: { scenes: each(pickColumns(sceneColumns, "objects", "left_out")) },
  params: { tasks: param.oneOf(ways) },
  output: rows(taskColumns),
  rowKey: ["task"],
  losses: ({ output, inputs, params: { tasks } }) =>
    lossesOfTasks({ output, inputs }, tasks.kind === "rule" ? tasks.rules : null),
  open: ({ tasks }): Assign => {
    if (tasks.kind === "list") {
      const file = tasks.file.path
      return rowsByList(parseTaskList(readRegular(file), { file }), { file, missing: tasks.missing })
    }
    checkRules(tasks.rules)
    return (_, { objects, left_out }) =>
      tasks.rules.map((rule) => rowByRule(rule, objects, left_out)).filter((row) => typeof row !== "string")
  },
  compute: (items, { resource: assign }) =>
    items.map(({ id, scenes }) => {
      const assigned = assign(id, scenes)
      // a file's rows, or rules, in another order mean the same
      return "failed" in assigned ? assigned : assigned.toSorted((a, b) => byCodePoint(a.task, b.task))
    })
})
