/** Reports what `select-tokens` leaves out: objects without tokens, and scenes that lack one object of a pair. */
import type { Loss, Table } from "../../src/index.ts"
import { objectId } from "../tables/ids.ts"
import { eachRow, following, rowsBy } from "../tables/readers.ts"
import { crowdReason, type SceneObject } from "../tables/scenes.ts"

type AnyTable = Pick<Table<any>, "batches" | "items">
interface Inputs {
  readonly scenes: AnyTable
  readonly masks: AnyTable
}
const uncovered = (threshold: number) => `no patch is covered to ${threshold} or more`

/** For each object of the processed scenes. */
export async function* objectLosses(
  output: AnyTable,
  { scenes, masks }: Inputs,
  threshold: number
): AsyncGenerator<Loss> {
  yield { what: "objects", reason: null, count: 0 }
  const isDone = following(output.items())
  const [selected, covered] = [rowsBy(output, "source", "object"), rowsBy(masks, "object")]
  const what = "objects"
  for await (const { scene, objects } of eachRow(scenes, "objects")) {
    const { source, object } = await selected.of(scene)
    const having = new Set(object.filter((_, row) => source[row] === "object"))
    const masked = new Set((await covered.of(scene)).object)
    if (!(await isDone.of(scene))) continue
    for (const [index, { crowd }] of (objects as ReadonlyArray<SceneObject>).entries())
      yield having.has(index)
        ? { what, reason: null }
        : {
            what,
            reason: crowd ? crowdReason : masked.has(index) ? uncovered(threshold) : "it covers no patch",
            examples: [objectId(scene, index)]
          }
  }
  await Promise.all([isDone.end(), selected.end(), covered.end()])
}

/** For each scene: either both objects of its pair have tokens, or neither; and it may have no background. */
export async function* pairLosses(
  output: AnyTable,
  scenes: AnyTable,
  threshold: number
): AsyncGenerator<Loss> {
  const background = { what: "scenes with both objects", verb: "found background in" }
  yield { what: "scenes", reason: null, count: 0 }
  yield { ...background, reason: null, count: 0 }
  const isDone = following(output.items())
  const selected = rowsBy(output, "source")
  for await (const { scene, primary, secondary } of eachRow(scenes, "primary", "secondary")) {
    const { source } = await selected.of(scene)
    if (!(await isDone.of(scene))) continue
    const without = { what: "scenes", examples: [scene] }
    if (primary === null || secondary === null)
      yield { ...without, reason: "they have no primary or secondary category" }
    else if (source.length === 0)
      yield { ...without, reason: `a category of the pair covers no patch to ${threshold} or more` }
    else {
      yield { what: "scenes", reason: null }
      yield source.includes("background")
        ? { ...background, reason: null }
        : {
            ...background,
            reason: "every patch is on one of the objects or next to it",
            examples: [scene]
          }
    }
  }
  await Promise.all([isDone.end(), selected.end()])
}
