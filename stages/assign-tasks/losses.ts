/** What `assign-tasks` left out: scenes in no task, rows that cannot be asked, categories that no scene shows. */
import type { Loss, Table } from "../../src/index.ts"
import { eachRow, following, rowsBy } from "../tables/readers.ts"
import type { LeftOutObject, sceneColumns, SceneObject } from "../tables/scenes.ts"
import type { taskColumns } from "../tables/tasks.ts"
import { rowByRule, type TaskRule } from "./rule.ts"

interface AssignedTables {
  readonly output: Table<typeof taskColumns>
  readonly inputs: { readonly scenes: Table<Pick<typeof sceneColumns, "objects" | "left_out">> }
}

/** @param rules null if the tasks come from a list */
export async function* lossesOfTasks(
  { output, inputs }: AssignedTables,
  rules: ReadonlyArray<TaskRule> | null
): AsyncGenerator<Loss> {
  yield { what: "scenes", reason: null, count: 0, verb: "assigned" }
  yield { what: "task rows", reason: null, count: 0 }
  const [isDone, assigned] = [following(output.items()), rowsBy(output, "task", "left_out")]
  const shown = new Set<string>()
  for await (const { scene, objects, left_out: unclear } of eachRow(inputs.scenes, "objects", "left_out")) {
    const { task: tasks, left_out } = await assigned.of(scene)
    if (!(await isDone.of(scene))) continue
    const reason =
      tasks.length === 0
        ? whyInNone(rules, objects, unclear)
        : left_out.includes(null)
          ? null
          : "none of their task rows can be asked"
    yield { what: "scenes", reason, ...(reason === null ? {} : { examples: [scene] }) }
    for (const [i, reason] of left_out.entries())
      yield { what: "task rows", reason, examples: [`${scene}, task ${tasks[i]}`] }
    for (const { category } of objects as ReadonlyArray<SceneObject>) shown.add(category)
  }
  await Promise.all([isDone.end(), assigned.end()])
  for (const { task, primary, secondary } of rules ?? [])
    for (const category of new Set([...primary, ...secondary]))
      if (!shown.has(category))
        yield {
          what: "task categories",
          reason: "in no scene",
          examples: [`${category}, task ${task}`]
        }
}

function whyInNone(
  rules: ReadonlyArray<TaskRule> | null,
  objects: ReadonlyArray<SceneObject>,
  unclear: ReadonlyArray<LeftOutObject>
): string {
  if (rules === null) return "in no row of the task list"
  const [only, ...others] = rules
  const reason = others.length > 0 ? null : rowByRule(only!, objects, unclear)
  return typeof reason === "string" ? reason : "in no task by the rules"
}
