/** How each selection turns a mask into patches. */
import { StageError } from "../../src/index.ts"
import { type Selection, selections } from "../tables/masks.ts"
import { centreCoverage, coverageOf, nearestCoverage } from "../vision/coverage.ts"
import type { Geometry } from "../vision/geometry.ts"
import { patchCount, type TokenGrid } from "../vision/grid.ts"
import type { Mask } from "../vision/rle.ts"

export interface MaskParams {
  readonly selections: ReadonlyArray<Selection>
  /** side of as-published's own grid; null: the encoder's */
  readonly grid: number | null
}
export interface Rule {
  readonly selection: Selection
  /** by patch, 0 … 1; may end before the grid's last patch */
  readonly coverage: (mask: Mask, geometry: Geometry) => Float64Array
}

/**
 * The rules of the chosen selections, in the order of `selections`, so that the order of the parameter does not matter.
 *
 * @throws {StageError} no selection, one named twice, or a grid with more patches than the encoder's
 */
export function rulesOf(
  { selections: chosen, grid: side }: MaskParams,
  grid: TokenGrid
): ReadonlyArray<Rule> {
  if (chosen.length === 0)
    throw new StageError("selections is empty: no mask would become patches", {
      field: "selections",
      hint: `name some of ${selections.join(", ")}`
    })
  const twice = chosen.find((selection, i) => chosen.indexOf(selection) !== i)
  if (twice !== undefined)
    throw new StageError(`selections names ${twice} twice`, { field: "selections", hint: "name it once" })
  if (side !== null && !chosen.includes("as-published"))
    throw new StageError("grid has no effect: it is for as-published, which is not among the selections", {
      field: "grid",
      hint: "leave grid out, or add as-published"
    })
  if (side !== null && side * side > patchCount(grid))
    throw new StageError(
      `grid: ${side} × ${side} is ${side * side} patches, but the encoder has only ${grid.rows} × ${grid.columns} (${patchCount(grid)})`,
      {
        field: "grid",
        hint: "as-published uses positions in its own grid as the encoder's patches, so it can have no more; leave grid out for the encoder's own"
      }
    )
  const own = side === null ? grid : { rows: side, columns: side }
  const rules: Readonly<Record<Selection, Rule["coverage"]>> = {
    "as-published": (mask) => nearestCoverage(mask, own),
    centre: (mask, geometry) => centreCoverage(mask, geometry, grid),
    aligned: (mask, geometry) => coverageOf(mask, geometry, grid)
  }
  return selections
    .filter((selection) => chosen.includes(selection))
    .map((selection) => ({ selection, coverage: rules[selection] }))
}
