/** Reports the objects that cover no patch, by selection. */
import type { Loss, Table } from "../../src/index.ts"
import { objectId } from "../tables/ids.ts"
import type { maskColumns, Selection } from "../tables/masks.ts"
import { eachRow, following, rowsBy } from "../tables/readers.ts"
import type { sceneColumns, SceneObject } from "../tables/scenes.ts"

const reasonOf: Readonly<Record<Selection, string>> = {
  "as-published": "it covers the centre of no patch",
  centre: "it covers the centre of no patch: it is small, or the encoder's crop leaves it out",
  aligned: "it covers no patch: the encoder's crop leaves it out, or its mask is empty"
}

export async function* maskLosses(
  output: Table<typeof maskColumns>,
  scenes: Pick<Table<Pick<typeof sceneColumns, "objects">>, "batches">,
  chosen: ReadonlyArray<Selection>
): AsyncGenerator<Loss> {
  const kinds = chosen.map((selection) => ({
    selection,
    reason: reasonOf[selection],
    what: chosen.length === 1 ? "objects" : `objects (${selection})`
  }))
  for (const { what } of kinds) yield { what, reason: null, count: 0 }
  const isDone = following(output.items())
  const covered = rowsBy(output, "selection", "object")
  for await (const { scene, objects } of eachRow(scenes, "objects")) {
    const { selection: selections, object } = await covered.of(scene)
    const having = new Set(object.map((index, row) => `${selections[row]} ${index}`))
    if (!(await isDone.of(scene))) continue
    for (const index of (objects as ReadonlyArray<SceneObject>).keys())
      for (const { selection, reason, what } of kinds)
        yield having.has(`${selection} ${index}`)
          ? { what, reason: null }
          : { what, reason, examples: [objectId(scene, index)] }
  }
  await Promise.all([isDone.end(), covered.end()])
}
