/** The token grid of an encoder, and the order of its tokens. */

export interface TokenGrid {
  readonly rows: number
  readonly columns: number
  /** tokens before the first patch: CLS, then registers */
  readonly prefix: number
}
export const patchCount = ({ rows, columns }: TokenGrid): number => rows * columns
/** The index of a patch among all tokens; patches are row-major after the prefix. */
export const tokenOfPatch = (grid: TokenGrid, patch: number): number => grid.prefix + patch

/** Patches that touch one of `patches`, by a side or a corner, and those themselves. */
export function neighbourhood({ rows, columns }: TokenGrid, patches: Iterable<number>): Set<number> {
  const near = new Set<number>()
  for (const patch of patches) {
    const [row, column] = [Math.floor(patch / columns), patch % columns]
    for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
        near.add(r * columns + c)
  }
  return near
}
