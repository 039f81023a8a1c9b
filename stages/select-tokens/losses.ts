/**
 * Reports what `select-tokens` leaves out, by selection and task: objects without tokens, pairs that lack one object,
 * and scenes and pairs without background.
 */
import type { Loss, Table } from "../../src/index.ts"
import { objectId } from "../tables/ids.ts"
import type { maskColumns } from "../tables/masks.ts"
import { type BackgroundComparison, sidesOf } from "../tables/questions.ts"
import { eachRow, following, rowsBy } from "../tables/readers.ts"
import { crowdReason, type sceneColumns, type SceneObject } from "../tables/scenes.ts"
import type { taskColumns } from "../tables/tasks.ts"
import type { tokenColumns } from "../tables/tokens.ts"

type TokenTable = Pick<Table<typeof tokenColumns>, "batches" | "items">
type MaskTable = Pick<Table<typeof maskColumns>, "batches">

/** Only `aligned` masks have parts of patches. */
const unselected = (selection: string, threshold: number, who: string): string =>
  selection === "aligned" ? `${who} covers no patch to ${threshold} or more` : `${who} covers no patch`
const noFreePatch = "every patch is on an object or next to one"
const withoutCounterpart: Readonly<Record<BackgroundComparison, string>> = {
  background: noFreePatch,
  near: "no background patch is as far from the primary object as a patch of the secondary",
  reverse: noFreePatch
}

/** For each object of the processed scenes; and for each scene with selected objects, whether it has background. */
export async function* objectLosses(
  output: TokenTable,
  scenes: Pick<Table<Pick<typeof sceneColumns, "objects">>, "batches">,
  masks: MaskTable,
  threshold: number
): AsyncGenerator<Loss> {
  const selections = await selectionsOf(masks)
  const kinds = selections.map((selection) => {
    const suffix = among([[selection, selections]])
    return {
      selection,
      what: `objects${suffix}`,
      background: { what: `scenes with selected objects${suffix}`, verb: "found background in" }
    }
  })
  for (const { what, background } of kinds) {
    yield { what, reason: null, count: 0 }
    yield { ...background, reason: null, count: 0 }
  }
  const isDone = following(output.items())
  const selected = rowsBy(output, "selection", "source", "object")
  const covered = rowsBy(masks, "selection", "object")
  for await (const { scene, objects } of eachRow(scenes, "objects")) {
    const tokens = await selected.of(scene)
    const rows = await covered.of(scene)
    const keys = tokens.source.map((source, i) => key(tokens.selection[i], source, tokens.object[i]))
    const having = new Set(keys)
    const masked = new Set(rows.selection.map((selection, i) => key(selection, rows.object[i])))
    if (!(await isDone.of(scene))) continue
    for (const { selection, what, background } of kinds) {
      let kept = 0
      for (const [index, { crowd }] of (objects as ReadonlyArray<SceneObject>).entries())
        if (having.has(key(selection, "object", index))) {
          kept++
          yield { what, reason: null }
        } else {
          const isMasked = masked.has(key(selection, index))
          const reason = crowd
            ? crowdReason
            : isMasked
              ? unselected(selection, threshold, "it")
              : "it covers no patch"
          yield { what, reason, examples: [objectId(scene, index)] }
        }
      if (kept > 0)
        yield having.has(key(selection, "background", -1))
          ? { ...background, reason: null }
          : { ...background, reason: noFreePatch, examples: [scene] }
    }
  }
  await Promise.all([isDone.end(), selected.end(), covered.end()])
}

/** For each task of each processed scene: both objects have tokens or neither, and each comparison is there or not. */
export async function* pairLosses(
  output: TokenTable,
  masks: MaskTable,
  tasks: Pick<Table<typeof taskColumns>, "batches" | "items">,
  threshold: number,
  comparisons: ReadonlyArray<BackgroundComparison>
): AsyncGenerator<Loss> {
  const selections = await selectionsOf(masks)
  const names = await distinct(tasks.batches("task"), ({ task }) => task)
  const kindsOf = new Map(
    names.map((task) => [
      task,
      selections.map((selection) => {
        const parts = [[`task ${task}`, names] as const, [selection, selections] as const]
        return {
          selection,
          what: `pairs${among(parts)}`,
          compared: comparisons.map((comparison) => ({
            source: sidesOf[comparison].object,
            reason: withoutCounterpart[comparison],
            loss: {
              what: `pairs with both objects${among([[comparison, comparisons], ...parts])}`,
              verb: "compared with background"
            }
          }))
        }
      })
    ])
  )
  for (const { what, compared } of [...kindsOf.values()].flat()) {
    yield { what, reason: null, count: 0 }
    for (const { loss } of compared) yield { ...loss, reason: null, count: 0 }
  }
  const isDone = following(output.items())
  const selected = rowsBy(output, "selection", "task", "source")
  const asked = rowsBy(tasks, "task", "left_out")
  for await (const scene of tasks.items()) {
    const tokens = await selected.of(scene)
    const { task: tasksOfScene, left_out: leftOut } = await asked.of(scene)
    if (!(await isDone.of(scene))) continue
    const having = new Set(tokens.source.map((source, i) => key(tokens.selection[i], tokens.task[i], source)))
    for (const [i, task] of tasksOfScene.entries()) {
      // `assign-tasks` reports these
      if (leftOut[i] !== null) continue
      for (const { selection, what, compared } of kindsOf.get(task)!) {
        if (!having.has(key(selection, task, "primary"))) {
          const reason = unselected(selection, threshold, "a category of the pair")
          yield { what, reason, examples: [scene] }
          continue
        }
        yield { what, reason: null }
        for (const { source, reason, loss } of compared)
          yield having.has(key(selection, task, source))
            ? { ...loss, reason: null }
            : { ...loss, reason, examples: [scene] }
      }
    }
  }
  await Promise.all([isDone.end(), selected.end(), asked.end()])
}

const key = (...parts: ReadonlyArray<unknown>): string => JSON.stringify(parts)

/** ` (task 3, aligned)`: of these, the ones that are one of several. */
function among(parts: ReadonlyArray<readonly [name: string, of: ReadonlyArray<string>]>): string {
  const named = parts.filter(([, of]) => of.length > 1).map(([name]) => name)
  return named.length === 0 ? "" : ` (${named.join(", ")})`
}

/** The values of a text column, in the order of their first row. */
async function distinct<A>(
  batches: AsyncIterable<A>,
  valuesOf: (batch: A) => ReadonlyArray<string>
): Promise<ReadonlyArray<string>> {
  const found = new Set<string>()
  for await (const batch of batches) for (const value of valuesOf(batch)) found.add(value)
  return [...found]
}

/** Without any mask, objects are still counted, for one selection whose name is not known. */
async function selectionsOf(masks: MaskTable): Promise<ReadonlyArray<string>> {
  const found = await distinct(masks.batches("selection"), ({ selection }) => selection)
  return found.length === 0 ? [""] : found
}
