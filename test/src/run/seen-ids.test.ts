import { describe, expect, it } from "vitest"
import { hash64, SeenIds } from "../../../src/run/seen-ids.ts"

/** With a plain list of what came, as a source's shards are. */
function seen(hashOf?: typeof hash64) {
  const came: Array<string> = []
  let asked = 0
  const ids = new SeenIds((id) => (asked++, came.includes(id)), hashOf)
  const add = (id: string) => {
    const isNew = ids.add(id)
    if (isNew) came.push(id)
    return isNew
  }
  return { add, asked: () => asked }
}

describe("ids that have come", () => {
  it("are told from those that have not, and nobody is asked about a new one", () => {
    const { add, asked } = seen()
    const ids = Array.from({ length: 20_000 }, (_, i) => `scene-${i}`)
    expect(ids.every(add)).toBe(true)
    expect(asked()).toBe(0)
    expect(["scene-0", "scene-19999", "scene-777"].some(add)).toBe(false)
    expect(add("scene-20000")).toBe(true)
  })

  it("are told apart also where their hashes are the same", () => {
    const { add } = seen((id) => [id.length, 1])
    expect(["a", "b", "c", "ab"].map(add)).toEqual([true, true, true, true])
    expect(["a", "c", "ab", "d"].map(add)).toEqual([false, false, false, true])
  })
})

it("a hash is of two words that are not both 0, and ids that differ in a letter differ in both", () => {
  const words = Array.from({ length: 50_000 }, (_, i) => hash64(String(i).padStart(12, "0")))
  expect(words.every(([, high]) => high > 0)).toBe(true)
  // of 50,000 words of 32 bits, a third of a pair is expected to be the same
  for (const word of [0, 1] as const)
    expect(new Set(words.map((one) => one[word])).size).toBeGreaterThan(49_990)
})
