/** Reports examples without activations, and undefined fits. */
import type { Loss, Table } from "../../src/index.ts"
import { type ActivationNames, type ActivationTable, readActivationNames } from "../tables/activations.ts"
import { type Example, readExamples } from "../tables/examples.ts"
import { fitId, fitNameColumns, undefinedBecause } from "../tables/fits.ts"
import { noObject, objectId, sceneOrObjectId } from "../tables/ids.ts"
import { joinIds, unmatched } from "../tables/joins.ts"
import { eachRow } from "../tables/readers.ts"
import { type Asked, askedOf, ofEncoder, type QuestionId, Questions } from "./questions.ts"
import { splitNeeds, type SplitValues } from "./splits/splits.ts"

type AnyTable = Pick<Table<any>, "items" | "batches">
interface Inputs {
  readonly activations: AnyTable & ActivationTable
  readonly examples: AnyTable & Parameters<typeof readExamples>[0]
}

/** Compares the scenes of activations and examples. @throws Error if no scene, or no object, matches */
export async function refuseDisjoint(
  activations: Pick<AnyTable, "items">,
  { scene, object }: Pick<ActivationNames, "scene" | "object">,
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
  { encoder, split }: { readonly encoder: string; readonly split: SplitValues }
): AsyncGenerator<Loss> {
  const asked = askedOf(await readExamples(examples))
  const tokens = await readActivationNames(activations)
  const needed = ` (${splitNeeds(split)})`
  const fits: Array<Loss> = []
  const kinds = new Map<string, QuestionId>()
  for await (const fit of eachRow(output, ...fitNames, "undefined_because")) {
    const { selection, token, source, task, target, undefined_because: reason } = fit
    const kind = { selection, token, source, task, target }
    kinds.set(JSON.stringify(Object.values(kind)), kind)
    fits.push(
      reason === null
        ? { what: "fits", reason: null, verb: "defined" }
        : {
            what: "fits",
            verb: "defined",
            reason: `${reason}${reason === undefinedBecause.few ? needed : ""}`,
            examples: [fitId(fit)]
          }
    )
  }
  yield* unansweredExamples(new Questions(asked, tokens, encoder), [...kinds.values()])
  const { onlyLeft, cause } = await refuseDisjoint(activations, tokens, ofEncoder(asked, encoder))
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

/** Counts, among kept examples, how many have an activation of each kind of token, with each selection. */
function* unansweredExamples(questions: Questions, kinds: ReadonlyArray<QuestionId>): Generator<Loss> {
  const kept = new Set<Asked>()
  const answered = new Set<Asked>()
  /** by kind of token; a kind may be asked for several tasks and targets */
  const byToken = new Map<string, { readonly kept: Set<Asked>; readonly answered: Set<Asked> }>()
  const several = new Set(kinds.map(({ selection }) => selection)).size > 1
  for (const kind of kinds) {
    const asked = questions.keptOf(kind)
    for (const example of asked) kept.add(example)
    const { examples } = questions.of(kind)
    if (examples.length === 0) continue
    const { token, source, selection } = kind
    const name = `${token} (${several ? `${source}, ${selection}` : source})`
    const of = byToken.get(name) ?? { kept: new Set<Asked>(), answered: new Set<Asked>() }
    byToken.set(name, of)
    for (const example of asked) of.kept.add(example)
    for (const example of examples) {
      of.answered.add(example)
      answered.add(example)
    }
  }
  yield { what: "examples", reason: null, count: 0 }
  for (const example of kept)
    yield answered.has(example)
      ? { what: "examples", reason: null }
      : {
          what: "examples",
          reason: "no activation matches their scene and object",
          examples: [nameOf(example)]
        }
  for (const [token, of] of byToken)
    for (const example of of.kept)
      if (answered.has(example))
        yield of.answered.has(example)
          ? { what: `examples for ${token}`, reason: null }
          : { what: `examples for ${token}`, reason: "no such activation", examples: [nameOf(example)] }
}
const nameOf = ({ scene, object }: Example) => sceneOrObjectId(scene, object)
