/** The token grid of an encoder, and the order of its tokens. */

import type { PatchGrid } from "./geometry.ts"

export interface TokenGrid extends PatchGrid {
  /** tokens before the first patch: CLS, if any, then registers */
  readonly prefix: number
  /** whether the first token is CLS */
  readonly classToken: boolean
}
/** What patch indices depend on … */
export type PatchOrder = Pick<TokenGrid, "rows" | "columns">
/** … and token indices. */
export type TokenOrder = Pick<TokenGrid, "rows" | "columns" | "prefix">

export const patchCount = ({ rows, columns }: PatchOrder): number => rows * columns
/** Tokens before the first patch that are not CLS. */
export const registerCount = ({ prefix, classToken }: Pick<TokenGrid, "prefix" | "classToken">): number =>
  prefix - (classToken ? 1 : 0)
/** The index of a patch among all tokens; patches are row-major after the prefix. */
export const tokenOfPatch = ({ prefix }: TokenOrder, patch: number): number => prefix + patch

/** The patches that touch one of `patches`, at a side or a corner, and `patches` themselves. */
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
