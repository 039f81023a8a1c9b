import { describe, expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import { type Candidate, choose } from "../../../stages/choose-examples/choose.ts"
import { byCodePoint } from "../../../stages/tables/ids.ts"

const place = ({ scene, object, label }: Candidate) => seededRandom("place", label, scene, object)()
const limits = { minimum: 1, classes: 20, cap: 100 }
/** `count` objects of a label, a scene each. */
const of = (label: string, count: number, barred: string | null = null): Array<Candidate> =>
  Array.from({ length: count }, (_, i) => ({
    scene: `${label}-${i}`,
    image_group: `${label}-${i}`,
    key: `${i}`,
    object: i % 3,
    label,
    barred
  }))
const keptOf = (candidates: ReadonlyArray<Candidate>, some: Partial<typeof limits>) =>
  choose(candidates, { ...limits, ...some }, place).filter(({ reason }) => reason === null)
const labelsOf = (candidates: ReadonlyArray<Candidate>) => [...new Set(candidates.map(({ label }) => label))]

describe("choose", () => {
  it("keeps classes from the minimum on, and says of the others that they are too few", () => {
    const chosen = choose([...of("cat", 4), ...of("dog", 5)], { ...limits, minimum: 5 }, place)
    expect(chosen.filter(({ reason }) => reason === null).map(({ label }) => label)).toEqual(
      Array.from({ length: 5 }, () => "dog")
    )
    expect(new Set(chosen.filter(({ label }) => label === "cat").map(({ reason }) => reason))).toEqual(
      new Set(["too few: its category is in fewer than 5 images"])
    )
  })

  it("counts images towards the minimum, not objects", () => {
    // as broccoli and orange in 350 photographs of COCO: 24 and 23 objects in 8 images
    const inImages = (label: string, objects: number, images: number) =>
      of(label, objects).map((candidate, i) => ({ ...candidate, image_group: `image ${i % images}` }))
    const candidates = [...inImages("broccoli", 24, 8), ...inImages("cup", 20, 20)]
    expect(labelsOf(keptOf(candidates, { minimum: 20 }))).toEqual(["cup"])
    expect(labelsOf(keptOf(candidates, { minimum: 8 }))).toEqual(["broccoli", "cup"])
  })

  it("counts towards the minimum only what can be asked about, and keeps the reason of the rest", () => {
    const chosen = choose(
      [...of("cat", 4), ...of("cat", 3, "a crowd"), ...of("dog", 5), ...of("eel", 9, "no token")],
      { ...limits, minimum: 5 },
      place
    )
    expect(labelsOf(chosen.filter(({ reason }) => reason === null))).toEqual(["dog"])
    expect(chosen.filter(({ label }) => label === "eel").every(({ reason }) => reason === "no token")).toBe(
      true
    )
    expect(chosen.filter(({ reason }) => reason === "a crowd")).toHaveLength(3)
  })

  it("keeps the classes in the most images, then those with the most objects", () => {
    const twice = (label: string, images: number) =>
      of(label, 2 * images).map((candidate, i) => ({ ...candidate, image_group: `image ${i % images}` }))
    expect(labelsOf(keptOf([...twice("sheep", 5), ...of("cup", 6)], { classes: 1 }))).toEqual(["cup"])
    expect(labelsOf(keptOf([...of("cup", 5), ...twice("sheep", 5)], { classes: 1 }))).toEqual(["sheep"])
  })

  it("breaks ties in favour of the lower code point", () => {
    const candidates = [...of("cat", 5), ...of("ant", 5), ...of("bee", 6), ...of("dog", 4)]
    expect(labelsOf(keptOf(candidates, { classes: 2 }))).toEqual(["ant", "bee"])
    const chosen = choose(candidates, { ...limits, classes: 2 }, place)
    expect(chosen.find(({ label }) => label === "cat")!.reason).toBe("not one of the 2 largest classes")
    // a surrogate pair begins with a lower code unit than "～", but is a higher code point
    expect(labelsOf(keptOf([...of("😀", 3), ...of("～", 3)], { classes: 1 }))).toEqual(["～"])
  })

  it("keeps at most the cap of a class, so that none drowns the rest", () => {
    const candidates = [...of("person", 50), ...of("cup", 7)]
    const chosen = choose(candidates, { ...limits, cap: 10 }, place)
    const kept = chosen.filter(({ reason }) => reason === null)
    expect(kept.filter(({ label }) => label === "person")).toHaveLength(10)
    expect(kept.filter(({ label }) => label === "cup")).toHaveLength(7)
    expect(
      chosen.filter(({ reason }) => reason === "capped: more than 10 objects of its category")
    ).toHaveLength(40)
    // a cap is not a class's size
    expect(keptOf(of("person", 10), { cap: 10 })).toHaveLength(10)
  })

  it("counts copies of an object once, and keeps all of them or none", () => {
    const copies = (label: string, count: number) =>
      ["a", "b"].flatMap((copy) =>
        of(label, count).map((candidate) => ({ ...candidate, scene: `${copy} ${candidate.scene}` }))
      )
    const few = choose(copies("cat", 4), { ...limits, minimum: 5 }, place)
    expect(new Set(few.map(({ reason }) => reason))).toEqual(
      new Set(["too few: its category is in fewer than 5 images"])
    )
    const kept = keptOf(copies("cat", 30), { cap: 10 })
    expect(kept).toHaveLength(20)
    expect(new Set(kept.map(({ key }) => key)).size).toBe(10)
    // the order of the scenes does not matter
    expect(new Set(keptOf(copies("cat", 30).toReversed(), { cap: 10 }).map(({ key }) => key))).toEqual(
      new Set(kept.map(({ key }) => key))
    )
    // nor are copies what makes a class large
    expect(labelsOf(keptOf([...copies("cat", 4), ...of("dog", 5)], { classes: 1 }))).toEqual(["dog"])
  })

  it("decides for every candidate, in their order", () => {
    const candidates = [...of("a", 3), ...of("b", 30), ...of("c", 2, "a crowd")]
    const chosen = choose(candidates, { minimum: 4, classes: 1, cap: 5 }, place)
    expect(chosen).toEqual(candidates.map((candidate, i) => ({ ...candidate, reason: chosen[i]!.reason })))
  })

  it("keeps the same objects when others come, but for those that they displace", () => {
    const before = of("person", 60)
    const added = of("person", 90).slice(60)
    const kept = new Set(keptOf(before, { cap: 20 }).map(({ scene }) => scene))
    const after = keptOf([...added, ...before], { cap: 20 }).map(({ scene }) => scene)
    const newcomers = after.filter((scene) => added.some((candidate) => candidate.scene === scene))
    expect(newcomers.length).toBeGreaterThan(0)
    expect(newcomers.length).toBeLessThan(20)
    expect(after.filter((scene) => kept.has(scene))).toHaveLength(20 - newcomers.length)
  })

  it("names what the label is in its reasons", () => {
    const chosen = choose(
      [...of("present", 5), ...of("absent", 2)],
      { minimum: 3, classes: 2, cap: 4 },
      place,
      "label"
    )
    expect(new Set(chosen.map(({ reason }) => reason))).toEqual(
      new Set([
        null,
        "capped: more than 4 objects of its label",
        "too few: its label is in fewer than 3 images"
      ])
    )
  })

  it("keeps more classes than 20", () => {
    const candidates = Array.from({ length: 30 }, (_, i) => of(`class ${i}`, 2)).flat()
    expect(labelsOf(keptOf(candidates, { classes: 30 }))).toHaveLength(30)
  })

  it("takes no time that grows with the square of a class", () => {
    const candidates = of("person", 200_000)
    expect(keptOf(candidates, { minimum: 200_000, cap: 200_000 })).toHaveLength(200_000)
  }, 10_000)
})

describe("byCodePoint", () => {
  it("sorts as Python does", () => {
    const sorted = ["", "A", "a", "ab", "é", "～", "😀", "😀a", "😁"]
    expect(sorted.toReversed().sort(byCodePoint)).toEqual(sorted)
    expect([...sorted].sort()).not.toEqual(sorted)
  })
})
