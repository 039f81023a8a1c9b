/** Reports examples without activations, and undefined fits. */
import type { Loss, Table } from "../../src/index.ts"
import { type ActivationNames, type ActivationTable, readActivationNames } from "../tables/activations.ts"
import { type Example, readExamples } from "../tables/examples.ts"
import { fitId, fitNameColumns, undefinedBecause } from "../tables/fits.ts"
import { noObject, objectId, sceneOrObjectId } from "../tables/ids.ts"
import { joinIds, unmatched } from "../tables/joins.ts"
import { eachRow } from "../tables/readers.ts"
import { askedOf, type Question, type QuestionId, Questions } from "./questions.ts"

type AnyTable = Pick<Table<any>, "items" | "batches">
interface Inputs {
  readonly activations: AnyTable & ActivationTable
  readonly examples: AnyTable & Parameters<typeof readExamples>[0]
}

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
  const needed = ` (${folds} folds need 2 classes and ${4 * folds} images)`
  const fits: Array<Loss> = []
  const kinds = new Map<string, QuestionId>()
  for await (const fit of eachRow(output, ...fitNames, "undefined_because")) {
    const { token, source, target, undefined_because: reason } = fit
    kinds.set(JSON.stringify([token, source, target]), { token, source, target })
    fits.push(
      reason === null
        ? { what: "fits", reason: null, verb: "defined" }
        : {
            what: "fits",
            verb: "defined",
            reason: `undefined: ${reason}${reason === undefinedBecause.few ? needed : ""}`,
            examples: [fitId(fit)]
          }
    )
  }
  const questions = new Questions(asked, tokens)
  yield* unansweredExamples(
    asked,
    [...kinds.values()].map((kind) => questions.of(kind)).filter(({ rows }) => rows.length > 0)
  )
  const { onlyLeft, cause } = await refuseDisjoint(activations, tokens, asked)
  // activations without examples are normal, unless the two tables write ids differently
  if (cause !== null)
    yield* unmatched(
      { both: 0, onlyLeft, onlyRight: onlyLeft, cause },
      "scenes of the activations",
      "no example asks about them"
    )
  yield { what: "fits", reason: null, count: 0, verb: "defined" }
  yield* fits
}
const fitNames = Object.keys(fitNameColumns) as ReadonlyArray<keyof typeof fitNameColumns>

/** Counts, among kept examples, how many have an activation of each kind of token. */
function* unansweredExamples(
  asked: ReadonlyArray<Example>,
  questions: ReadonlyArray<Question>
): Generator<Loss> {
  const keyOf = ({ scene, object, target }: Pick<Example, "scene" | "object" | "target">) =>
    JSON.stringify([scene, object, target])
  const targets = new Set(questions.map(({ target }) => target))
  const kept = asked.filter(({ left_out, target }) => left_out === null && targets.has(target))
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
