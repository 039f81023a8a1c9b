/** `find-support`: for each encoder and each object or pair, whether it has tokens and activations, and if not, why. */
import { defineStage, many, optional, param, StageError, table, whole } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import { joinIds } from "../tables/joins.ts"
import { eachRow, pickColumns } from "../tables/readers.ts"
import { readSceneTasks, askedTaskColumns } from "../tables/scene-tasks.ts"
import { crowdReason, sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { supportColumns } from "../tables/support.ts"
import { heldColumns, readHeld, selectionsOf } from "./held.ts"
import { supportLosses, supportSummary } from "./losses.ts"
import { heldSources, lackedComparisons, type Thing, whyNot } from "./reasons.ts"

export const findSupport = defineStage.whole("find-support", {
  doc: "for each encoder and each object or pair, whether it has tokens and activations, and if not, why",
  inputs: {
    scenes: whole(pickColumns(sceneColumns, "objects")),
    tasks: optional(whole(askedTaskColumns)),
    tokens: many(heldColumns),
    activations: many(heldColumns)
  },
  params: {
    encoders: param.list(param.text(), {
      doc: "the encoders' names, in the order of `tokens` and of `activations`; imported activations go into both"
    }),
    of: param.choice(["objects", "pair"], {
      doc: "objects: each object of each scene; pair: each task of each scene (needs `tasks`)"
    })
  },
  output: table(supportColumns),
  rowKey: ["encoder", "selection", "task", "scene", "object"],
  summary: supportSummary,
  losses: ({ output, inputs, params }) => supportLosses(output, inputs, params.encoders),
  compute: async function* ({ scenes, tasks, tokens, activations }, { encoders, of }, context) {
    checkEncoders(encoders, { tokens: tokens.length, activations: activations.length })
    const ids = new Set<string>()
    const objects: Array<Thing> = []
    for await (const row of eachRow(scenes, "objects")) {
      const { scene } = row
      ids.add(scene)
      if (of === "pair") continue
      for (const [object, { crowd }] of (row.objects as ReadonlyArray<SceneObject>).entries())
        objects.push({ scene, task: null, object, barred: crowd ? crowdReason : null })
    }
    const things =
      of === "objects"
        ? objects
        : (await readSceneTasks(tasks, ids)).map(({ scene, task, left_out }): Thing => ({
            scene,
            task,
            object: noObject,
            barred: left_out
          }))
    const wanted = heldSources(of)
    for (const [i, encoder] of encoders.entries()) {
      context.signal.throwIfAborted()
      context.progress(i, encoders.length)
      const selected = await readHeld(tokens[i]!, wanted)
      joinIds(
        { whose: `the tokens of ${encoder}`, what: "scenes", ids: selected.scenes },
        { whose: "the rows of scenes", what: "scenes", ids }
      )
      const extracted = await readHeld(activations[i]!, wanted)
      joinIds(
        { whose: `the activations of ${encoder}`, what: "scenes", ids: extracted.scenes },
        { whose: `the tokens of ${encoder}`, what: "scenes", ids: selected.scenes }
      )
      for (const selection of selectionsOf(selected))
        for (const thing of things) {
          const { task, scene, object } = thing
          const reason = whyNot(thing, of, selection, selected, extracted)
          const lacks = lackedComparisons(thing, selection, extracted)
          yield { encoder, selection, task, scene, object, reason, lacks }
        }
    }
  }
})

function checkEncoders(
  encoders: ReadonlyArray<string>,
  counts: { readonly tokens: number; readonly activations: number }
): void {
  for (const [port, count] of Object.entries(counts))
    if (count !== encoders.length)
      throw new StageError(
        `\`encoders\` has ${encoders.length} ${encoders.length === 1 ? "name" : "names"}, but \`${port}\` has ${count} ${count === 1 ? "table" : "tables"}`,
        { field: "encoders", hint: `name the encoder of each table of \`${port}\`, in order` }
      )
  const twice = encoders.find((encoder, i) => encoders.indexOf(encoder) < i)
  if (twice !== undefined)
    throw new StageError(`\`encoders\` has "${twice}" twice`, {
      field: "encoders",
      hint: "give each encoder a name of its own"
    })
}
