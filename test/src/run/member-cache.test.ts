/** The matrices that were read last stay in memory, up to a limit of bytes. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { MemberCache } from "../../../src/run/members.ts"
import type { Manifest } from "../../../src/store/records/manifest.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { Lab, numbers, taps } from "./lab.ts"

const names = ["a", "b", "c", "d"]
/** of each member: two rows of one float */
const bytes = 8

let lab: Lab
let manifest: Manifest
beforeEach(async () => {
  lab = new Lab()
  const of = numbers("source", { file: { path: lab.writeItems({ i0: [1, 1], i1: [2, 1] }) } })
  const members = names.map((name, i) => ({ name, times: i + 1 }))
  const { run } = await lab.run(lab.graph({ taps: taps("taps", { of, members }) }))
  manifest = storeOf(lab).manifest(run.nodes[1]!.artifact!)!
})
afterEach(() => lab.close())

/** Reads members one after another; says which were read from the store. */
function reader(cache: MemberCache) {
  const store = storeOf(lab)
  const known = new Map<string, unknown>()
  return (name: string) => {
    const block = cache.get(store, manifest, "x", name)
    expect([...block.data]).toEqual([1, 2].map((a) => a * (names.indexOf(name) + 1)))
    const isKept = known.get(name) === block
    known.set(name, block)
    return isKept ? "kept" : "read"
  }
}

describe("a matrix", () => {
  it("is read once, as long as there is room for all", () => {
    const read = reader(new MemberCache(4 * bytes))
    expect([...names, ...names].map(read)).toEqual([...names.map(() => "read"), ...names.map(() => "kept")])
  })
  it("makes room for others when it is the one that was not used for longest", () => {
    const read = reader(new MemberCache(2 * bytes))
    expect(["a", "b", "a", "c"].map(read)).toEqual(["read", "read", "kept", "read"])
    expect(["a", "c", "b"].map(read)).toEqual(["kept", "kept", "read"])
    expect(["c", "b", "a"].map(read)).toEqual(["kept", "kept", "read"])
  })
  it("that is as large as the limit is kept, and a larger one is not, nor does it displace others", async () => {
    expect(["a", "a"].map(reader(new MemberCache(bytes)))).toEqual(["read", "kept"])
    const small = new MemberCache(bytes - 1)
    expect(["a", "a"].map(reader(small))).toEqual(["read", "read"])

    const of = numbers("source", { file: { path: lab.writeItems({ i0: [1, 1] }) } })
    const { run } = await lab.run(
      lab.graph({ taps: taps("less", { of, members: [{ name: "a", times: 1 }] }) })
    )
    const less = storeOf(lab).manifest(run.nodes[1]!.artifact!)!
    const kept = small.get(storeOf(lab), less, "x", "a")
    reader(small)("b")
    expect(small.get(storeOf(lab), less, "x", "a")).toBe(kept)
    // members of one name in two artifacts are two
    expect([...kept.data]).toEqual([1])
    expect(reader(small)("a")).toBe("read")
  })
  it("is gone when the cache is emptied, with the room that it took", () => {
    const cache = new MemberCache(2 * bytes)
    const read = reader(cache)
    for (let round = 0; round < 3; round++) {
      expect(["a", "b", "a", "b"].map(read)).toEqual(["read", "read", "kept", "kept"])
      cache.clear()
    }
  })
})
