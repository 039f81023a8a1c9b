/**
 * Reports what probes are not fitted for: examples without activations, questions with too few examples, undefined
 * fits.
 */
import type { Loss, Table } from "../../src/index.ts"
import { type ActivationNames, type ActivationTable, readActivationNames } from "../tables/activations.ts"
import { type Example, readExamples } from "../tables/examples.ts"
import { noObject, objectId, sceneOrObjectId } from "../tables/ids.ts"
import { joinIds, unmatched } from "../tables/joins.ts"
import { eachRow } from "../tables/readers.ts"
import { askedOf, type Question, questionsOf } from "./questions.ts"

type AnyTable = Pick<Table<any>, "items" | "batches">
interface Inputs {
  readonly activations: AnyTable & ActivationTable
  readonly examples: AnyTable & Parameters<typeof readExamples>[0]
}

/** A probe needs two classes, and enough images for its outer and inner folds. */
export const tooFew = ({ classes, image }: Question, folds: number): boolean =>
  classes.length < 2 || new Set(image).size < 4 * folds

/** Compares the scenes of activations and examples. @throws Error if no scene, or no object, matches */
export async function refuseDisjoint(
  activations: Pick<AnyTable, "items">,
  { scene, object }: ActivationNames,
  asked: ReadonlyArray<Example>
) {
  const scenes = new Set(scene)
  for await (const id of activations.items()) scenes.add(id)
  const kept = asked.filter(({ left_out }) => left_out === null)
  const [rows, questions] = ["the activations", "the examples"]
  const compared = joinIds(
    { whose: rows, what: "scenes", ids: scenes },
    { whose: questions, what: "scenes", ids: kept.map(({ scene }) => scene) }
  )
  // a row that is not about one object serves all objects of its scene
  if (!object.includes(noObject))
    joinIds(
      { whose: rows, what: "objects", ids: scene.map((id, row) => objectId(id, object[row]!)) },
      {
        whose: questions,
        what: "objects",
        ids: kept.map((example) => objectId(example.scene, example.object))
      }
    )
  return compared
}

export async function* probeLosses(
  output: AnyTable,
  { activations, examples }: Inputs,
  { folds }: { readonly folds: number }
): AsyncGenerator<Loss> {
  const asked = askedOf(await readExamples(examples))
  const tokens = await readActivationNames(activations)
  const questions = questionsOf(asked, tokens)
  yield* unansweredExamples(asked, questions)
  const { onlyLeft, cause } = await refuseDisjoint(activations, tokens, asked)
  // activations without examples are normal, unless the two tables write ids differently
  if (cause !== null)
    yield* unmatched(
      { both: 0, onlyLeft, onlyRight: onlyLeft, cause },
      "scenes of the activations",
      "no example asks about them"
    )
  yield { what: "questions", verb: "fitted probes for", reason: null, count: 0 }
  for (const question of questions)
    yield tooFew(question, folds)
      ? {
          what: "questions",
          verb: "fitted probes for",
          reason: `fewer than 2 classes, or than ${4 * folds} images for ${folds} folds`,
          examples: [nameOf(question)]
        }
      : { what: "questions", verb: "fitted probes for", reason: null }
  yield* undefinedFits(output)
}

/** Counts, among kept examples, how many have an activation of each kind of token. */
function* unansweredExamples(
  asked: ReadonlyArray<Example>,
  questions: ReadonlyArray<Question>
): Generator<Loss> {
  const keyOf = ({ scene, object, target }: Pick<Example, "scene" | "object" | "target">) =>
    JSON.stringify([scene, object, target])
  const kept = asked.filter(({ left_out }) => left_out === null)
  const answered = new Map<string, Set<string>>()
  for (const { token, source, target, scene, object } of questions) {
    const kind = `${token} (${source})`
    const of = answered.get(kind) ?? new Set<string>()
    answered.set(kind, of)
    scene.forEach((id, i) => of.add(keyOf({ scene: id, object: object[i]!, target })))
  }
  const all = new Set<string>()
  for (const of of answered.values()) for (const key of of) all.add(key)
  const named = ({ scene, object }: Example) => sceneOrObjectId(scene, object)
  yield { what: "examples", reason: null, count: 0 }
  for (const example of kept)
    yield all.has(keyOf(example))
      ? { what: "examples", reason: null }
      : {
          what: "examples",
          reason: "no activation matches their scene and object",
          examples: [named(example)]
        }
  for (const [kind, of] of answered)
    for (const example of kept)
      if (all.has(keyOf(example)))
        yield of.has(keyOf(example))
          ? { what: `examples for ${kind}`, reason: null }
          : { what: `examples for ${kind}`, reason: "no such activation", examples: [named(example)] }
}

/** A fit belongs to one probe, tap, question, seed and fold; its predictions are consecutive. */
async function* undefinedFits(output: AnyTable): AsyncGenerator<Loss> {
  const columns = ["probe", "tap", "token", "source", "target", "seed", "fold", "predicted"] as const
  yield { what: "fits", reason: null, count: 0 }
  let last = ""
  for await (const row of eachRow(output, ...columns)) {
    const key = JSON.stringify(columns.slice(0, -1).map((name) => row[name]))
    if (key === last) continue
    last = key
    yield row.predicted === null
      ? {
          what: "fits",
          reason: "undefined: the tap is constant over the training rows",
          examples: [`${row.probe} at ${row.tap}, ${nameOf(row)}`]
        }
      : { what: "fits", reason: null }
  }
}

const nameOf = ({ token, source, target }: Pick<Question, "token" | "source" | "target">) =>
  `${target} from ${token} (${source})`
