/**
 * Why an encoder cannot be asked about an object or a pair. Reasons name no scene, object or encoder, so that they can
 * be counted.
 */
import { type BackgroundComparison, comparisons, sidesOf } from "../tables/questions.ts"
import { tokenSourceKey } from "../tables/tokens.ts"
import type { Held } from "./held.ts"

/** An object, or a scene's pair of objects in a task. */
export interface Thing {
  readonly scene: string
  /** null for objects */
  readonly task: string | null
  readonly object: number
  /** the reason that excludes it for every encoder, such as a crowd; null without one */
  readonly barred: string | null
}
export type Of = "objects" | "pair"
/** What the tokens of a thing represent. */
const wantedSources: Readonly<Record<Of, ReadonlyArray<string>>> = {
  objects: ["object"],
  pair: ["primary", "secondary"]
}
/** Both sides of a comparison are there or neither, so one tells. */
const sideOf = (comparison: BackgroundComparison) => sidesOf[comparison].object
/** The sources whose rows are held. */
export const heldSources = (of: Of): ReadonlySet<string> =>
  new Set([...wantedSources[of], ...(of === "pair" ? comparisons.map(sideOf) : [])])

/** Why one selection of an encoder does not support a thing; null if it does. */
export function whyNot(
  thing: Thing,
  of: Of,
  selection: string | null,
  tokens: Held,
  activations: Held
): string | null {
  if (thing.barred !== null) return thing.barred
  if (!hasAll(tokens, selection, thing, of)) return noToken(tokens, thing.scene, of)
  if (hasAll(activations, selection, thing, of)) return null
  // activations of whole images alone, such as imported CLS tokens, serve every object of their scenes
  const { sources } = activations
  const isOfImages = sources.has("image") && !wantedSources[of].some((source) => sources.has(source))
  if (isOfImages && activations.scenes.has(thing.scene)) return null
  return activations.scenes.has(thing.scene)
    ? "no activation: its scene was extracted without this token"
    : "no activation: the scene failed at extraction"
}

const hasAll = (held: Held, selection: string | null, thing: Thing, of: Of): boolean =>
  wantedSources[of].every((source) => has(held, selection, thing, source))

/** A row without a selection or a task serves any. */
function has({ selections }: Held, selection: string | null, thing: Thing, source: string): boolean {
  const { scene, task, object } = thing
  return [selection, null].some((selected) =>
    [task, null].some((of) =>
      selections.get(selected)?.has(tokenSourceKey(scene, { task: of, source, object }))
    )
  )
}

/** The comparisons for which an encoder has activations, but none of this pair. */
export const lackedComparisons = (
  thing: Thing,
  selection: string | null,
  activations: Held
): ReadonlyArray<BackgroundComparison> =>
  thing.task === null
    ? []
    : comparisons.filter(
        (comparison) =>
          activations.sources.has(sideOf(comparison)) &&
          !has(activations, selection, thing, sideOf(comparison))
      )

function noToken({ scenes, sources }: Held, scene: string, of: Of): string {
  if (!scenes.has(scene)) return "no token: its scene is not among those of the tokens"
  if (sources.size === 0) return "no token: no token was selected in any scene"
  if (!wantedSources[of].some((source) => sources.has(source)))
    return of === "pair"
      ? 'no token: the tokens are not of pairs (select-tokens takes `of: "pair"`)'
      : 'no token: the tokens are not of objects (select-tokens takes `of: "objects"`)'
  return of === "pair"
    ? "no token: one of the two objects fills no patch to the threshold"
    : "no token: it fills no patch to the threshold"
}
