/** The rows, or items, that moved most. */
import type { RowMove } from "./row-drift.ts"

export interface Moved extends RowMove {
  readonly label: string
}

const most = 20

/** By 1 − cosine; by relative error where a cosine is undefined, which comes after those. */
export class MovedMost {
  readonly #found: Array<Moved> = []

  add(move: RowMove, label: () => string): void {
    const found = this.#found
    if (move.largest === 0 || (found.length === most && !isFurther(move, found.at(-1)!))) return
    let at = found.length
    while (at > 0 && isFurther(move, found[at - 1]!)) at--
    found.splice(at, 0, { ...move, label: label() })
    if (found.length > most) found.pop()
  }
  get all(): ReadonlyArray<Moved> {
    return this.#found
  }
}

function isFurther(a: RowMove, b: RowMove): boolean {
  if (a.cosine !== b.cosine) return a.cosine !== null && (b.cosine === null || a.cosine < b.cosine)
  return (a.relative ?? -1) > (b.relative ?? -1)
}
