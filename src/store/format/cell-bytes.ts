/**
 * About how many bytes a value holds: its texts (a byte a character), its numbers (8) and its typed arrays, however
 * deep. It decides when rows are written and dropped, and enters no digest.
 */
export function cellBytes(value: unknown): number {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  let sum = 8
  if (Array.isArray(value)) for (const one of value) sum += cellBytes(one)
  else for (const name of Object.keys(value)) sum += cellBytes((value as Record<string, unknown>)[name])
  return sum
}
