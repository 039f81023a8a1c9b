/** Reports which of the scenes' objects are asked about, and why the others are not. */
import type { Loss, Table } from "../../src/index.ts"
import { objectId } from "../tables/ids.ts"
import { eachRow } from "../tables/readers.ts"
import type { Example } from "../tables/examples.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import { askedName } from "../tables/support.ts"
import { degenerate } from "./draft.ts"

/** One reason for all degenerate objects, because each detailed reason names its own place in the annotations. */
export const exclusionReason = (left_out: string | null): string | null =>
  left_out?.startsWith(`${degenerate}: `) === true ? degenerate : left_out

type AnyTable = Pick<Table<any>, "batches" | "items">
interface Inputs {
  readonly scenes: AnyTable
  readonly tasks?: AnyTable | undefined
}
interface Params {
  readonly question: "category" | "pair" | "presence"
  readonly categories: ReadonlyArray<string>
}
const verb = "asked about"
const columns = ["encoder", "selection", "scene", "object", "task", "target", "label", "left_out"] as const
const examplesOf = (output: AnyTable) => eachRow(output, ...columns) as unknown as AsyncIterable<Example>
/** The encoder's name, where each has examples of its own. */
const withOf = ({ encoder, selection }: Pick<Example, "encoder" | "selection">): string =>
  encoder === null ? "" : ` with ${askedName({ encoder, selection })}`

export async function* exampleLosses(output: AnyTable, inputs: Inputs, params: Params): AsyncGenerator<Loss> {
  if (params.question === "pair") yield* pairLosses(output, inputs)
  else yield* objectLosses(output, inputs.scenes, params)
}

/** For each object; for each asked category where several are. */
async function* objectLosses(
  output: AnyTable,
  scenes: AnyTable,
  { question, categories }: Params
): AsyncGenerator<Loss> {
  const whatOf = (task: string | null, suffix: string) =>
    `objects${categories.length > 1 && task !== null ? ` (${task}?)` : ""}${suffix}`
  const suffixes = new Set<string>()
  const counted = new Set<string>()
  for await (const { scene, object, task, left_out, ...who } of examplesOf(output)) {
    const suffix = withOf(who)
    suffixes.add(suffix)
    const what = whatOf(task, suffix)
    if (!counted.has(what)) yield { what, verb, reason: null, count: 0 }
    counted.add(what)
    yield { what, verb, reason: exclusionReason(left_out), examples: [objectId(scene, object)] }
  }
  if (question !== "presence") return
  for await (const { scene, ...row } of eachRow(scenes, "objects", "left_out")) {
    const all: ReadonlyArray<SceneObject | LeftOutObject> = [...row.objects, ...row.left_out]
    for (const [object, { category }] of all.entries())
      if (categories.includes(category))
        for (const suffix of suffixes)
          yield {
            what: whatOf(category, suffix),
            verb,
            reason: "of the category whose presence is asked",
            examples: [objectId(scene, object)]
          }
  }
}

/** What became of a task of a scene. */
interface Outcome {
  readonly task: string
  readonly categories: Array<string>
  readonly reason: string | null
}
/**
 * A pair's question covers all objects of its two categories, and no others. An object is asked about if it is in
 * any task of its scene.
 */
async function* pairLosses(output: AnyTable, { scenes }: Inputs): AsyncGenerator<Loss> {
  /** by encoder, then by scene */
  const outcomes = new Map<string, Map<string, Array<Outcome>>>()
  const names = new Set<string>()
  for await (const { scene, task, label, left_out, ...who } of examplesOf(output)) {
    const suffix = withOf(who)
    const bySuffix = outcomes.get(suffix) ?? new Map<string, Array<Outcome>>()
    outcomes.set(suffix, bySuffix)
    const ofScene = bySuffix.get(scene) ?? []
    bySuffix.set(scene, ofScene)
    names.add(task!)
    const outcome = ofScene.find((one) => one.task === task)
    if (outcome === undefined) ofScene.push({ task: task!, categories: [label], reason: left_out })
    else outcome.categories.push(label)
  }
  for (const suffix of outcomes.keys()) yield { what: `objects${suffix}`, verb, reason: null, count: 0 }
  for await (const { scene, ...row } of eachRow(scenes, "objects", "left_out")) {
    const objects = row.objects as ReadonlyArray<SceneObject>
    for (const [suffix, bySuffix] of outcomes) {
      const what = `objects${suffix}`
      const ofScene = bySuffix.get(scene) ?? []
      for (const [index, { category }] of objects.entries())
        yield { what, verb, reason: objectReason(category, ofScene), examples: [objectId(scene, index)] }
      for (const i of (row.left_out as ReadonlyArray<LeftOutObject>).keys())
        yield { what, verb, reason: degenerate, examples: [objectId(scene, objects.length + i)] }
    }
  }
  if (names.size > 1) yield* taskLosses(outcomes, [...names])
}

function objectReason(category: string, outcomes: ReadonlyArray<Outcome>): string | null {
  if (outcomes.length === 0) return "its scene is in no task"
  const own = outcomes.filter(({ categories }) => categories.includes(category))
  if (own.length === 0) return "neither the primary nor the secondary category of a task of its scene"
  return own.some(({ reason }) => reason === null) ? null : own[0]!.reason
}

function* taskLosses(
  outcomes: ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Outcome>>>,
  names: ReadonlyArray<string>
): Generator<Loss> {
  for (const [suffix, bySuffix] of outcomes)
    for (const name of names) {
      const what = `scenes of task ${name}${suffix}`
      yield { what, verb, reason: null, count: 0 }
      for (const [scene, ofScene] of bySuffix)
        for (const { task, reason } of ofScene)
          if (task === name) yield { what, verb, reason, examples: [scene] }
    }
}
