/** The segmentation of an annotation: polygons or RLE, checked against its image. */

import { countsOfRle } from "../vision/mask.ts"
import { problemOfPolygon } from "../vision/polygon.ts"
import type { Rle, Segmentation } from "../tables/scenes.ts"
import { absentOr, type AnnotationFields, isJsonObject } from "./fields.ts"
import type { Problems } from "./problems.ts"

/** A segmentation for `maskOf`, or the reason why it was left out for degenerate polygons. */
export function segmentationOf(
  fields: AnnotationFields,
  path: string,
  { height, width }: { readonly height: number; readonly width: number },
  problems: Problems,
  strict: boolean
): { segmentation: Segmentation | null; degenerate: string | null } {
  const { segmentation } = fields
  const none = { segmentation: null, degenerate: null }
  if (Array.isArray(segmentation)) {
    const degenerate = degenerateOf(segmentation)
    if (degenerate === null) return { segmentation, degenerate }
    if (!strict) return { segmentation: null, degenerate }
    const hint = "fix the annotation, or leave such objects out (skip_degenerate)"
    problems.add(`${path}.segmentation`, `${degenerate}: ${hint}`)
    return none
  }
  if (!isRle(segmentation)) {
    const forms = "a list of polygons, or RLE { size: [height, width], counts }"
    problems.add(`${path}.segmentation`, `${absentOr(segmentation)}; must be ${forms}`)
    return none
  }
  try {
    countsOfRle(segmentation, height, width)
    return { segmentation, degenerate: null }
  } catch (error) {
    problems.add(`${path}.segmentation`, (error as Error).message)
    return none
  }
}

function degenerateOf(parts: ReadonlyArray<unknown>): string | null {
  if (parts.length === 0) return "segmentation has no polygon"
  for (const [part, points] of parts.entries()) {
    const problem = problemOfPolygon(points)
    if (problem !== null) return `segmentation[${part}] ${problem}`
  }
  return null
}

const isRle = (value: unknown): value is Rle =>
  isJsonObject(value) &&
  Array.isArray(value["size"]) &&
  value["size"].length === 2 &&
  (typeof value["counts"] === "string" || Array.isArray(value["counts"]))
