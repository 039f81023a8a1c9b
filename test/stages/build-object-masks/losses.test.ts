import { expect, it } from "vitest"
import { buildObjectMasks } from "../../../stages/build-object-masks/stage.ts"
import { lossesOf, rejection, tableOf } from "../fakes.ts"

const object = (crowd = false) => ({ category: "cup", crowd })
const scenes = tableOf([
  { item: "a", objects: [object(), object(true), object()] },
  { item: "b", objects: [object()] },
  { item: "failed", objects: [object()] },
  { item: "c", objects: [object()] }
])
const done = ["a", "b", "c"]
const row = (item: string, index: number, selection = "aligned") => ({ item, selection, object: index })
const lossesFor = (output: object, selections: ReadonlyArray<string>) =>
  lossesOf(buildObjectMasks, { output, inputs: { scenes }, params: { selections } })

it("counts objects that cover no patch, and none of an item that failed", async () => {
  const rows = (selection: string) => [
    row("a", 0, selection),
    row("a", 1, selection),
    row("a", -1, selection)
  ]
  expect(await lossesFor(tableOf(rows("aligned"), {}, done), ["aligned"])).toEqual([
    {
      what: "objects",
      reason: "it covers no patch: the encoder's crop leaves it out, or its mask is empty",
      count: 3,
      total: 5,
      examples: ["a/2", "b/0", "c/0"]
    }
  ])
  expect(await lossesFor(tableOf(rows("as-published"), {}, done), ["as-published"])).toMatchObject([
    { what: "objects", reason: "it covers the centre of no patch", count: 3 }
  ])
})

it("counts each selection by itself, where there are several", async () => {
  const output = tableOf(
    [row("a", 0, "centre"), row("a", 0), row("a", 1), row("b", 0, "centre"), row("c", 0, "centre")],
    {},
    done
  )
  const told = await lossesFor(output, ["centre", "aligned"])
  expect(told.map(({ what, count, total, examples }) => [what, count, total, examples])).toEqual([
    ["objects (centre)", 2, 5, ["a/1", "a/2"]],
    ["objects (aligned)", 3, 5, ["a/2", "b/0", "c/0"]]
  ])
})

it("refuses to count where the tables' items are in different orders", async () => {
  const output = tableOf([row("c", 0), row("a", 0)], {}, ["c", "a"])
  expect((await rejection(lossesFor(output, ["aligned"]))).message).toContain("different orders")
})
