/** Tasks by rule: a scene is in a task if it shows exactly one of each of two lists of categories. */
import { StageError } from "../../src/index.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import type { TaskRow } from "../tables/tasks.ts"

export interface TaskRule {
  readonly task: string
  readonly primary: ReadonlyArray<string>
  readonly secondary: ReadonlyArray<string>
  /** whether a crowd, one annotation for many objects, shows its category */
  readonly crowds: boolean
  /** the annotated areas of a category's objects, summed, must reach this many square pixels */
  readonly min_area: number
}
type Annotated = Pick<SceneObject, "category" | "area" | "crowd">

/** @throws StageError two rules for one task, an empty list, or a category in both roles; it names the task */
export function checkRules(rules: ReadonlyArray<TaskRule>): void {
  const fail = (field: string, message: string, hint: string): never => {
    throw new StageError(message, { field: `tasks.rules${field}`, hint })
  }
  if (rules.length === 0) fail("", "there are no rules", "give at least one")
  rules.forEach(({ task, primary, secondary }, i) => {
    const first = rules.findIndex((other) => other.task === task)
    if (first < i)
      fail(`[${i}].task`, `task "${task}" has two rules, ${first} and ${i}`, "give each task one rule")
    for (const [role, categories] of [
      ["primary", primary],
      ["secondary", secondary]
    ] as const)
      if (categories.length === 0)
        fail(`[${i}].${role}`, `task "${task}" has no ${role} category`, "name at least one")
    const both = primary.filter((category) => secondary.includes(category))
    if (both.length > 0)
      fail(
        `[${i}].secondary`,
        `task "${task}" has ${both.map((one) => `"${one}"`).join(", ")} in both roles`,
        "give it one role"
      )
  })
}

/**
 * The row of a scene for a task, or the reason why it is not in the task.
 *
 * @param leftOut annotations left out for degenerate polygons: the image shows their categories, too
 */
export function rowByRule(
  { task, primary, secondary, crowds, min_area }: TaskRule,
  objects: ReadonlyArray<Annotated>,
  leftOut: ReadonlyArray<Pick<LeftOutObject, "category">> = []
): TaskRow | string {
  const areas = new Map<string, number>()
  for (const { category, area, crowd } of objects)
    if (crowds || !crowd) areas.set(category, (areas.get(category) ?? 0) + area)
  const unclear = new Set(leftOut.map(({ category }) => category))
  const shown = (categories: ReadonlyArray<string>) =>
    [...new Set(categories)].filter(
      (category) => (areas.get(category) ?? -1) >= min_area || unclear.has(category)
    )
  const [firsts, seconds] = [shown(primary), shown(secondary)]
  if (firsts.length !== 1) return `${countText(firsts)} of the primary categories`
  if (seconds.length !== 1) return `${countText(seconds)} of the secondary categories`
  const lacking = [...firsts, ...seconds].find((category) => !areas.has(category))
  const left_out = lacking === undefined ? null : `every "${lacking}" in the image has degenerate polygons`
  return { task, primary: firsts[0]!, secondary: seconds[0]!, left_out }
}
const countText = ({ length }: ReadonlyArray<string>) => (length === 0 ? "it shows none" : "it shows several")
