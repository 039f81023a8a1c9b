/** `select-tokens`: turns masks into weight vectors over an encoder's tokens, item by item. */
import { defineStage, each, group, optional, param, rows, StageError } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import { maskColumns, type MaskRow } from "../tables/masks.ts"
import { type BackgroundComparison, comparisons } from "../tables/questions.ts"
import { pickColumns } from "../tables/readers.ts"
import { sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { taskColumns } from "../tables/tasks.ts"
import { tokenColumns, type TokenRow } from "../tables/tokens.ts"
import { encoderParam, gridIdentity, resolveGrid } from "../vision/encoder.ts"
import { objectLosses, pairLosses } from "./losses.ts"
import { pairRows } from "../tokens/pair-rows.ts"
import {
  backgroundRows,
  classToken,
  type TokenContext,
  coverageBy,
  type Draw,
  everyToken,
  objectRows
} from "../tokens/token-rows.ts"
import { freePatches } from "../tokens/weights.ts"

export const selectTokens = defineStage.itemwise("select-tokens", {
  doc: "weight vectors over an encoder's tokens: which tokens represent which object, for every selection of masks",
  inputs: {
    masks: group(maskColumns),
    scenes: each(pickColumns(sceneColumns, "objects")),
    tasks: optional(group(taskColumns))
  },
  params: {
    encoder: encoderParam,
    of: param.choice(["objects", "pair", "all"], {
      default: "objects",
      doc: "objects: every non-crowd object, and the background; pair: for every task, the unions of its two categories; all: every token"
    }),
    threshold: param.number({
      default: 0.5,
      min: 0,
      max: 1,
      doc: "aligned: the least coverage at which a patch belongs to an object"
    }),
    comparisons: param.list(param.choice(comparisons), {
      default: ["background"],
      doc: "pair: what objects are compared with, patch for patch. background: the secondary with patches off both objects; near: with patches at the same distances from the primary; reverse: the primary with patches off both"
    }),
    seed: param.int({ default: 0, doc: "seed of all draws" })
  },
  identity: gridIdentity,
  output: rows(tokenColumns),
  rowKey: ["selection", "task", "source", "object", "token"],
  losses: ({ output, inputs: { masks, scenes, tasks }, params }) =>
    params.of === "all"
      ? []
      : params.of === "objects"
        ? objectLosses(output, scenes, masks, params.threshold)
        : pairLosses(output, masks, needTasks(tasks), params.threshold, chosenOf(params)),
  open: ({ encoder }) => resolveGrid(encoder),
  compute: (items, { params, resource: grid }, context) =>
    items.map(({ id: scene, masks, scenes, tasks }) => {
      if (params.of === "all") return everyToken(grid)
      const draw: Draw = (...labels) => context.random(scene, ...labels)
      const shared = { grid, threshold: params.threshold, draw }
      const selected = [...bySelection(masks)].flatMap(([selection, own]) =>
        params.of === "objects"
          ? sceneRows({ ...shared, selection, task: null }, own, scenes.objects)
          : needTasks(tasks).flatMap(({ task, left_out, ...pair }) =>
              left_out === null ? pairRows({ ...shared, selection, task }, own, pair, chosenOf(params)) : []
            )
      )
      // a scene without objects to ask about needs no tokens at all
      return selected.length === 0 ? [] : [...classToken(grid), ...selected]
    })
})

/** Each once, in one order. */
const chosenOf = (params: { readonly comparisons: ReadonlyArray<BackgroundComparison> }) =>
  comparisons.filter((comparison) => params.comparisons.includes(comparison))

function needTasks<A>(tasks: A | undefined): A {
  if (tasks !== undefined) return tasks
  throw new StageError('of: "pair" needs tasks, which say what the pairs are', {
    field: "tasks",
    hint: "give the node tasks, the output of assign-tasks"
  })
}

function bySelection(masks: ReadonlyArray<MaskRow>): ReadonlyMap<string, ReadonlyArray<MaskRow>> {
  const all = new Map<string, Array<MaskRow>>()
  for (const mask of masks) {
    const own = all.get(mask.selection)
    if (own === undefined) all.set(mask.selection, [mask])
    else own.push(mask)
  }
  return all
}

/** The tokens of a scene's objects, and, if there are any, of the patches that no object covers, crowds included. */
function sceneRows(
  context: TokenContext,
  masks: ReadonlyArray<MaskRow>,
  objects: ReadonlyArray<SceneObject>
): ReadonlyArray<TokenRow> {
  const coverage = coverageBy(masks, ({ object }) => (object === noObject ? null : object))
  const selected = objects.flatMap(({ crowd }, index) =>
    crowd ? [] : objectRows(context, "object", index, coverage.get(index) ?? new Map(), index)
  )
  return selected.length === 0
    ? []
    : [...selected, ...backgroundRows(context, freePatches(context.grid, [...coverage.values()]))]
}
