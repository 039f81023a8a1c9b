/** The token grid of an encoder, and the order of its tokens. */

import type { PatchGrid } from "./geometry.ts"

export interface TokenGrid extends PatchGrid {
  /** tokens before the first patch: CLS where there is one, then registers */
  readonly prefix: number
  /** is the first token CLS? */
  readonly classToken: boolean
}
/** What the indices of patches depend on … */
export type PatchOrder = Pick<TokenGrid, "rows" | "columns">
/** … and those of tokens. */
export type TokenOrder = Pick<TokenGrid, "rows" | "columns" | "prefix">

export const patchCount = ({ rows, columns }: PatchOrder): number => rows * columns
/** Tokens before the first patch that are not CLS. */
export const registerCount = ({ prefix, classToken }: Pick<TokenGrid, "prefix" | "classToken">): number =>
  prefix - (classToken ? 1 : 0)
/** The index of a patch among all tokens; patches are row-major after the prefix. */
export const tokenOfPatch = ({ prefix }: TokenOrder, patch: number): number => prefix + patch

/** Patches that touch one of `patches`, by a side or a corner, and those themselves. */
export function neighbourhood({ rows, columns }: PatchOrder, patches: Iterable<number>): Set<number> {
  const near = new Set<number>()
  for (const patch of patches) {
    const [row, column] = [Math.floor(patch / columns), patch % columns]
    for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
        near.add(r * columns + c)
  }
  return near
}
