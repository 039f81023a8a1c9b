/** A subset of a data set, chosen so that larger subsets contain smaller ones. */

import { createHash } from "node:crypto"

/**
 * The first `limit` ids in a stable seeded order. An id's position depends only on the seed and the id: the first 50
 * are among the first 500, and adding or removing other ids keeps the chosen ones, except for those it displaces.
 *
 * The result is in the order of `ids`, so a limit at or above their number changes nothing.
 *
 * @param limit null for all
 */
export function sceneLimit(
  ids: ReadonlyArray<string>,
  limit: number | null,
  seed: number
): ReadonlyArray<string> {
  if (limit === null || limit >= ids.length) return ids
  const places = ids.map((id) => ({ id, place: placeOf(seed, id) }))
  places.sort((a, b) => (a.place < b.place ? -1 : 1))
  const chosen = new Set(places.slice(0, limit).map(({ id }) => id))
  return ids.filter((id) => chosen.has(id))
}

/** Hexadecimal, so that string order is numeric order. The line break separates the seed, a number, from the id. */
const placeOf = (seed: number, id: string) => createHash("sha256").update(`${seed}\n${id}`).digest("hex")
