/** Several encoders: examples in common, and examples of their own. */
import { describe, expect, it } from "vitest"
import {
  clip,
  examplesOf,
  type Given,
  kept,
  labelsOf,
  sceneOf,
  supportRows,
  taskOf,
  uncovered,
  vit
} from "./rig.ts"
import { rejection } from "../fakes.ts"

const failed = "no activation: the scene failed at extraction"
const scenes = Array.from({ length: 12 }, (_, i) =>
  sceneOf(`${i}`, ["cup", "fork", ...(i < 6 ? ["spoon"] : [])])
)
const given = { question: "category", scenes, asked: [vit, clip], minimum: 6, cap: 8 } as const
const keysOf = (examples: Awaited<ReturnType<typeof examplesOf>>) =>
  examples.map(({ scene, object }) => `${scene}/${object}`)
/** vit lacks all spoons but one; clip lacks the cups of half of the scenes. */
const different: NonNullable<Given["lacks"]> = ({ encoder }, scene, object) =>
  encoder === "vit" && object === 2 && scene !== "0"
    ? uncovered
    : encoder === "clip" && object === 0 && Number(scene) % 2 === 0
      ? failed
      : null

describe("examples in common", () => {
  it("are of the classes, and within the caps, that no encoder decides", async () => {
    const all = await examplesOf(given)
    const some = await examplesOf({ ...given, lacks: different })
    const chosenOf = (rows: typeof all) =>
      keysOf(rows.filter(({ left_out }) => left_out === null || /^no (token|activation)/.test(left_out)))
    // what the limits leave out does not depend on support, so neither does what they keep
    expect(chosenOf(some)).toEqual(chosenOf(all))
    expect(labelsOf(kept(some))).toEqual(["cup", "fork", "spoon"])
    expect(kept(some).length).toBeLessThan(kept(all).length)
  })

  it("are those that every encoder supports, in rows that name none", async () => {
    const rows = await examplesOf({ ...given, lacks: different })
    expect(new Set(rows.map(({ encoder, selection }) => `${encoder} ${selection}`))).toEqual(
      new Set(["null null"])
    )
    const [ofVit, ofClip] = await Promise.all(
      [vit, clip].map((who) => examplesOf({ ...given, asked: [who], lacks: different }))
    )
    const clips = new Set(keysOf(kept(ofClip!)))
    expect(keysOf(kept(rows))).toEqual(keysOf(kept(ofVit!)).filter((key) => clips.has(key)))
    for (const own of [ofVit!, ofClip!]) expect(kept(own).length).toBeGreaterThan(kept(rows).length)
  })

  it("name the encoders that lack an example, and why, in reasons that can be counted", async () => {
    const three = [vit, clip, { encoder: "clip", selection: "centre" }]
    const reasonOf = async (lacks: NonNullable<Given["lacks"]>, asked: Given["asked"] = three) => {
      const rows = await examplesOf({
        ...given,
        asked,
        cap: 100,
        lacks: (who, scene, object, task) =>
          scene === "0" && object === 0 ? lacks(who, scene, object, task) : null
      })
      return rows.find(({ scene, object }) => scene === "0" && object === 0)!.left_out
    }
    expect(await reasonOf(({ encoder }) => (encoder === "clip" ? uncovered : null))).toBe(
      "no token of clip: it fills no patch to the threshold"
    )
    expect(await reasonOf(({ selection }) => (selection === "aligned" ? failed : null))).toBe(
      "no activation of vit, clip (aligned): the scene failed at extraction"
    )
    expect(await reasonOf(() => failed)).toBe("no activation of any encoder: the scene failed at extraction")
    expect(await reasonOf(() => failed, three.slice(1))).toBe(
      "no activation of any selection: the scene failed at extraction"
    )
    expect(await reasonOf(({ encoder }) => (encoder === "clip" ? failed : uncovered))).toBe(
      "no token of vit: it fills no patch to the threshold; " +
        "no activation of clip: the scene failed at extraction"
    )
    expect(await reasonOf(() => failed, [vit])).toBe(failed)
    expect(await reasonOf(({ encoder }) => (encoder === "vit" ? "too small" : null))).toBe("too small (vit)")
  })

  it("are of one n and the same classes for pairs too", async () => {
    const tasks = scenes.map(({ item }, i) => taskOf(item, "t", i % 2 === 0 ? "cup" : "fork", "spoon"))
    const rows = await examplesOf({
      question: "pair",
      scenes,
      tasks,
      asked: [vit, clip],
      lacks: ({ encoder }, scene) =>
        encoder === "vit" ? (scene === "1" ? uncovered : null) : scene === "2" ? failed : null
    })
    expect(kept(rows)).toHaveLength(20)
    expect(new Set(rows.map(({ left_out }) => left_out))).toEqual(
      new Set([
        null,
        "no token of vit: it fills no patch to the threshold",
        "no activation of clip: the scene failed at extraction"
      ])
    )
  })

  it("are refused if there are none, or too few for a probe, with counts for each encoder", async () => {
    const refused = async (lacks: NonNullable<Given["lacks"]>, asked: Given["asked"] = [vit, clip]) =>
      (await rejection(examplesOf({ ...given, cap: 100, asked, lacks }))) as Error & {
        field: string
        hint: string
      }
    const half = await refused(({ encoder }, scene) =>
      (encoder === "vit") === Number(scene) < 4 ? null : uncovered
    )
    expect(half.message).toBe(
      "too few examples in common for any probe; scenes with examples: vit (aligned) 4, clip (aligned) 8, both 0"
    )
    expect(half.field).toBe("examples")
    expect(half.hint).toContain('`examples: "own"`')
    // cups are in common, but a probe needs two classes
    const cups = await refused(
      ({ encoder }, scene, object) =>
        object === 0 || (encoder === "vit") === Number(scene) < 4 ? null : uncovered,
      [vit, { encoder: "clip", selection: null }, { encoder: "clip", selection: "centre" }]
    )
    expect(cups.message).toBe(
      "too few examples in common for any probe; scenes with examples: vit (aligned) 12, clip 12, clip (centre) 12, all 3 12"
    )
    const none = await refused(() => uncovered)
    expect(none.message).toMatch(/vit \(aligned\) 0, clip \(aligned\) 0, both 0$/)
    expect(none.hint).toBe(
      "none has enough alone (no token of any encoder: it fills no patch to the threshold: 30)"
    )
  })
})

describe("examples of their own", () => {
  it("are all rows once for each encoder and selection, each with its own reasons", async () => {
    const rows = await examplesOf({ ...given, lacks: different, examples: "own" })
    for (const [i, who] of [vit, clip].entries()) {
      const own = rows.slice(i * 30, (i + 1) * 30)
      const alone = await examplesOf({ ...given, asked: [who], lacks: different })
      expect(own).toEqual(alone.map((row) => ({ ...row, ...who })))
    }
    expect(rows).toHaveLength(60)
  })

  it("are those in common, but for the encoder's name, if there is a single encoder", async () => {
    const single = { ...given, asked: [vit], lacks: different }
    const [own, common] = [await examplesOf({ ...single, examples: "own" }), await examplesOf(single)]
    expect(own.map((row) => ({ ...row, encoder: null, selection: null }))).toEqual(common)
  })

  it("may lack one encoder's, but not those of all", async () => {
    const only = (supported: ReadonlyArray<string>) =>
      examplesOf({
        ...given,
        examples: "own",
        lacks: ({ encoder }) => (supported.includes(encoder) ? null : failed)
      })
    expect(new Set(kept(await only(["clip"])).map(({ encoder }) => encoder))).toEqual(new Set(["clip"]))
    expect((await rejection(only([]))).message).toMatch(
      /^nothing can be asked of vit \(aligned\), clip \(aligned\): .*no activation: the scene failed at extraction/
    )
  })
})

it("an example has no part in a comparison that any encoder lacks; on its own, in those that it lacks itself", async () => {
  const some = scenes.slice(0, 6)
  const tasks = some.map(({ item }, i) => taskOf(item, "0", i % 2 === 0 ? "cup" : "spoon", "fork"))
  const support = supportRows(some, tasks, [vit, clip], () => null).map((row) =>
    row.encoder === "clip" && row.scene === "1" ? { ...row, lacks: ["background"] } : row
  )
  const lacking = async (examples: "common" | "own") =>
    (await examplesOf({ question: "pair", scenes: some, tasks, support, examples }))
      .filter(({ lacks, target }) => lacks.length > 0 && target === "primary")
      .map(({ encoder, scene, lacks, left_out }) => [encoder, scene, lacks, left_out])
  expect(await lacking("common")).toEqual([[null, "1", ["background"], null]])
  expect(await lacking("own")).toEqual([["clip", "1", ["background"], null]])
})
