/** How far apart two cells are. */
import type { AnyColumn } from "../../pipeline/columns.ts"
import { canonicalJson } from "../../store/format/canonical-json.ts"

/** Takes the absolute differences of numbers that differ, 0 < d ≤ ∞, or NaN where just one of two numbers is NaN. */
export type OnDifference = (difference: number) => void
/** Whether two cells differ. NaN equals NaN, and −0 equals 0. */
export type Differ = (a: unknown, b: unknown, on: OnDifference) => boolean

/** Files are compared by content, lists of numbers element by element. NaN stands for "not a number's difference". */
export function differOf(column: AnyColumn): Differ {
  switch (column.type) {
    case "nullable": {
      const inner = differOf(column.detail as AnyColumn)
      return (a, b, on) => (a === null || b === null ? a !== b : inner(a, b, on))
    }
    case "int32":
    case "float64":
      return (a, b, on) => numbersDiffer(a as number, b as number, on)
    case "list": {
      const inner = differOf(column.detail as AnyColumn)
      return (a, b, on) => {
        const [x, y] = [a as ReadonlyArray<unknown>, b as ReadonlyArray<unknown>]
        if (x.length !== y.length) return true
        let differs = false
        for (let i = 0; i < x.length; i++) if (inner(x[i], y[i], on)) differs = true
        return differs
      }
    }
    case "json":
      return (a, b) => canonicalJson(a) !== canonicalJson(b)
    case "file":
      return (a, b) => (a as { sha256: string }).sha256 !== (b as { sha256: string }).sha256
    default:
      return (a, b) => a !== b
  }
}

function numbersDiffer(a: number, b: number, on: OnDifference): boolean {
  if (a === b || (a !== a && b !== b)) return false
  on(Math.abs(a - b))
  return true
}

const mostShown = 8
const mostText = 200

/** A cell as plain JSON: numbers that JSON lacks by name, files by content, long lists and texts cut short. */
export function shownCell(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "string") return value.length <= mostText ? value : `${value.slice(0, mostText)}…`
  if (Array.isArray(value)) {
    const first = value.slice(0, mostShown).map(shownCell)
    return value.length <= mostShown ? first : [...first, `… (${value.length})`]
  }
  if (typeof value !== "object" || value === null) return value
  const text = canonicalJson(value)
  return text.length <= mostText ? value : `${text.slice(0, mostText)}…`
}
