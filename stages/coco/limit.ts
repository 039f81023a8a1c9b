/** A part of a data set, chosen so that larger parts contain smaller ones. */

import { createHash } from "node:crypto"

/**
 * The first `limit` of the ids in a stable seeded order, in which an id's place depends on the seed and the id alone:
 * 50 lie within 500, and those chosen stay so when others come or go (but for the ones that these displace).
 *
 * They are returned in the order of `ids`, so that a limit at or above their number is no change at all.
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

/** Hexadecimal, so that text order is numeric order. A seed is a number: the line break keeps it apart from the id. */
const placeOf = (seed: number, id: string) => createHash("sha256").update(`${seed}\n${id}`).digest("hex")
