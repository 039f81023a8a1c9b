/**
 * Drafts of examples: what would be asked if every encoder had tokens for it. A draft depends on the scenes, the tasks
 * and the parameters alone, so it is the same for all encoders.
 */
import { type Random, StageError } from "../../src/index.ts"
import type { Label } from "../../src/support/random.ts"
import type { Example } from "../tables/examples.ts"
import { noObject } from "../tables/ids.ts"
import type { SceneTask } from "../tables/scene-tasks.ts"
import { crowdReason, type LeftOutObject, type SceneObject } from "../tables/scenes.ts"
import { type Candidate, choose, type Chosen, type Limits } from "./choose.ts"

export type Draft = Omit<Example, "encoder" | "selection" | "lacks">
export interface DraftedScene {
  readonly scene: string
  readonly image_group: string
  readonly objects: ReadonlyArray<SceneObject>
  readonly left_out: ReadonlyArray<LeftOutObject>
}
/** `context.random` of the stage */
type Draw = (...labels: ReadonlyArray<Label>) => Random

export const degenerate = "degenerate polygons"

/** One draft an object: which category is it of? */
export function categoryDrafts(
  scenes: ReadonlyArray<DraftedScene>,
  limits: Limits,
  random: Draw
): Array<Draft> {
  const place = ({ label, scene, object }: Candidate) => random("cap", label, scene, object)()
  return choose(candidatesOf(scenes), limits, place).map((chosen) => draftOf(chosen, null, "category"))
}

/**
 * For each category, one draft for each object of another: is there one of the category in its image? A crowd of the
 * category counts, and so does an annotation with degenerate polygons, because the image shows it.
 *
 * @throws StageError a category that no scene has, or that is asked about twice
 */
export function presenceDrafts(
  scenes: ReadonlyArray<DraftedScene>,
  categories: ReadonlyArray<string>,
  limits: Limits,
  random: Draw
): Array<Draft> {
  const imagesOf = new Map<string, Set<string>>()
  for (const { image_group, objects, left_out } of scenes)
    for (const { category } of [...objects, ...left_out]) {
      const images = imagesOf.get(category) ?? new Set()
      imagesOf.set(category, images.add(image_group))
    }
  checkCategories(categories, imagesOf)
  const candidates = candidatesOf(scenes)
  return categories.flatMap((asked) => {
    const images = imagesOf.get(asked)!
    const others = candidates
      .filter(({ label }) => label !== asked)
      .map((candidate) => ({
        ...candidate,
        label: images.has(candidate.image_group) ? "present" : "absent"
      }))
    const place = ({ label, scene, object }: Candidate) => random("cap", asked, label, scene, object)()
    const chosen = choose(others, limits, place, "label")
    const labels = new Set(chosen.filter(({ reason }) => reason === null).map(({ label }) => label))
    return chosen.map(({ reason, ...candidate }) =>
      draftOf(
        {
          ...candidate,
          reason: reason ?? (labels.size > 1 ? null : "too few: the other label is in too few images")
        },
        asked,
        "presence"
      )
    )
  })
}

/** Two drafts a task of a scene: what is the primary category, and what is the secondary? */
export function pairDrafts(
  scenes: ReadonlyArray<DraftedScene>,
  tasks: ReadonlyArray<SceneTask>
): Array<Draft> {
  const groups = new Map(scenes.map(({ scene, image_group }) => [scene, image_group]))
  return tasks.flatMap(({ scene, task, primary, secondary, left_out }) => {
    const draft = (target: "primary" | "secondary", label: string): Draft => ({
      scene,
      image_group: groups.get(scene)!,
      object: noObject,
      task,
      target,
      label,
      cell: `${primary} × ${secondary}`,
      left_out
    })
    return [draft("primary", primary), draft("secondary", secondary)]
  })
}

const draftOf = (
  { scene, image_group, object, label, reason }: Chosen,
  task: string | null,
  target: string
): Draft => ({ scene, image_group, object, task, target, label, cell: label, left_out: reason })

/** All objects, in the order of the scenes. Those that the source left out are numbered after the scene's own. */
function candidatesOf(scenes: ReadonlyArray<DraftedScene>): ReadonlyArray<Candidate> {
  const shared = repeated(scenes.map(({ image_group }) => image_group))
  return scenes.flatMap(({ scene, image_group, objects, left_out }) => [
    ...objects.map(({ category, crowd, segmentation }, object) => ({
      scene,
      image_group,
      // an object that several scenes of an image list is the same one
      key: shared.has(image_group)
        ? JSON.stringify([image_group, null, segmentation])
        : JSON.stringify([scene, object]),
      object,
      label: category,
      barred: crowd ? crowdReason : null
    })),
    ...left_out.map(({ category, reason }, i) => ({
      scene,
      image_group,
      key: "",
      object: objects.length + i,
      label: category,
      barred: `${degenerate}: ${reason}`
    }))
  ])
}

/** The values that occur more than once. */
function repeated(values: ReadonlyArray<string>): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(values.filter((value) => seen.size === seen.add(value).size))
}

function checkCategories(
  categories: ReadonlyArray<string>,
  known: { has(category: string): boolean; keys(): Iterable<string> }
): void {
  const field = "categories"
  if (categories.length === 0)
    throw new StageError("`categories` is empty: there is nothing whose presence could be asked about", {
      field,
      hint: 'name the categories, such as ["person"]'
    })
  const twice = categories.find((category, i) => categories.indexOf(category) < i)
  if (twice !== undefined)
    throw new StageError(`\`categories\` has "${twice}" twice`, { field, hint: "name each category once" })
  const unknown = categories.filter((category) => !known.has(category))
  if (unknown.length === 0) return
  const all = [...known.keys()].sort()
  throw new StageError(`no scene has the category ${unknown.map((name) => `"${name}"`).join(", ")}`, {
    field,
    hint:
      all.length === 0
        ? "the scenes have no objects"
        : `the scenes have: ${all.slice(0, 20).join(", ")}${all.length > 20 ? ", …" : ""}`
  })
}
