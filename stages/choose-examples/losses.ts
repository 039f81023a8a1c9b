/** Reports which of the scenes' objects are asked about, and why the others are not. */
import type { Loss, Table } from "../../src/index.ts"
import { compareIds } from "../../src/index.ts"
import { objectId } from "../tables/ids.ts"
import { eachRow, rowsBy } from "../tables/readers.ts"
import { type Side, unmatched } from "../tables/joins.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"

export const degenerate = "degenerate polygons"
/** One reason for all degenerate objects, because each detailed reason names its own place in the annotations. */
export const exclusionReason = (left_out: string | null): string | null =>
  left_out?.startsWith(`${degenerate}: `) === true ? degenerate : left_out

type AnyTable = Pick<Table<any>, "batches" | "items">
interface Inputs {
  readonly scenes: AnyTable
  readonly tokens: AnyTable
}
const asked = { what: "objects", verb: "asked about" } as const

export async function* exampleLosses(
  output: AnyTable,
  inputs: Inputs,
  question: "category" | "pair"
): AsyncGenerator<Loss> {
  yield { ...asked, reason: null, count: 0 }
  if (question === "category") {
    for await (const { scene, object, left_out } of eachRow(output, "scene", "object", "left_out"))
      yield { ...asked, reason: exclusionReason(left_out), examples: [objectId(scene, object)] }
  } else yield* pairLosses(output, inputs.scenes)
  yield* tokensOfNothing(inputs)
}

/** A pair's question covers all objects of its two categories, and no others. */
async function* pairLosses(output: AnyTable, scenes: AnyTable): AsyncGenerator<Loss> {
  const reasons = new Map<string, string | null>()
  for await (const { scene, left_out } of eachRow(output, "scene", "left_out")) reasons.set(scene, left_out)
  for await (const row of eachRow(scenes, "objects", "left_out", "primary", "secondary")) {
    const { scene, primary, secondary } = row
    const reason = reasons.get(scene) ?? null
    const hasPair = primary !== null && secondary !== null
    const objects = row.objects as ReadonlyArray<SceneObject>
    for (const [index, { category }] of objects.entries())
      yield {
        ...asked,
        reason:
          hasPair && category !== primary && category !== secondary
            ? "neither the primary nor the secondary category of its scene"
            : reason,
        examples: [objectId(scene, index)]
      }
    for (const [i] of (row.left_out as ReadonlyArray<LeftOutObject>).entries())
      yield { ...asked, reason: degenerate, examples: [objectId(scene, objects.length + i)] }
  }
}

/** Counts tokens of an unknown scene or object, which no question uses. */
async function* tokensOfNothing({ scenes, tokens }: Inputs): AsyncGenerator<Loss> {
  const counts = new Map<string, number>()
  for await (const { scene, objects } of eachRow(scenes, "objects")) counts.set(scene, objects.length)
  const ids: Array<string> = []
  for await (const id of tokens.items()) ids.push(id)
  yield* unmatched(compareIds(ids, counts.keys()), "scenes of the tokens", "no scene has this id")
  const rows = rowsBy(tokens, "source", "object")
  for (const scene of ids) {
    const { source, object } = await rows.of(scene)
    const known = counts.get(scene)
    if (known === undefined) continue
    const unknown = object.filter((index, row) => source[row] === "object" && index >= known)
    for (const index of new Set(unknown))
      yield {
        what: "objects of the tokens",
        reason: "their scene has fewer objects (the first is object 0)",
        examples: [objectId(scene, index)]
      }
  }
  await rows.end()
}

/** The two sides of the join of tokens and scenes. */
export const sidesOf = (tokens: Iterable<string>, scenes: Iterable<string>): [Side, Side] => [
  { whose: "the tokens", what: "scenes", ids: tokens },
  { whose: "the rows of scenes", what: "scenes", ids: scenes }
]
