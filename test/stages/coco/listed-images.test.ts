import { describe, expect, it } from "vitest"
import { parseInstances } from "../../../stages/coco/annotations.ts"
import { listedImages } from "../../../stages/coco/listed-images.ts"
import { parseTaskList } from "../../../stages/coco/task-list.ts"
import { sampleScenes } from "../../../stages/sample-scenes/stage.ts"
import { fakeContext } from "../fakes.ts"

const square = [[1, 1, 5, 1, 5, 5, 1, 5]]
/** Images 1 to 3 with a cat and a bench, image 4 with a cat and a degenerate bench, image 5 with nothing. */
const instances = parseInstances(
  JSON.stringify({
    images: [1, 2, 3, 4, 5].map((id) => ({ id, file_name: `${id}.png`, height: 8, width: 8 })),
    categories: ["cat", "bench", "dog"].map((name, id) => ({ id, name })),
    annotations: [1, 2, 3, 4].flatMap((image_id) =>
      [0, 1].map((category_id) => ({
        id: 10 * image_id + category_id,
        image_id,
        category_id,
        segmentation: image_id === 4 && category_id === 1 ? [[1, 1]] : square,
        area: 16,
        // masks are unions, crowds included
        iscrowd: image_id === 3 ? 1 : 0
      }))
    )
  }),
  { file: "instances.json", skipDegenerate: true }
)
function listing(rows: ReadonlyArray<string>, missing: "error" | "skip" = "error") {
  const list = parseTaskList(Buffer.from(["task,primary,secondary,image_id", ...rows].join("\n")), {
    file: "tasks.csv"
  })
  const context = fakeContext(sampleScenes)
  const paths = { tasks: { path: "tasks.csv" }, annotations: { path: "instances.json" } }
  const ids = () => listedImages(list, instances, { ...paths, missing }, context)
  return { ids, lost: () => context.tally.lost() }
}

describe("the images of a task list", () => {
  it("are in the annotations' order, each once", () => {
    const { ids, lost } = listing(["0,cat,bench,3", "0,cat,bench,1", "1,cat,bench,3"])
    expect(ids()).toEqual(["1", "3"])
    expect(lost()).toEqual([])
  })

  it("are all known, or the error names file, lines and ids", () => {
    const { ids } = listing(["0,cat,bench,1", "0,cat,bench,99", "1,cat,bench,98"])
    expect(ids).toThrow(
      expect.objectContaining({
        name: "CocoError",
        file: "tasks.csv",
        field: "line 3",
        message: [
          "tasks.csv: 2 problems",
          `line 3: image 99 of task "0" is not in instances.json: correct the row, or leave such rows out (missing: "skip")`,
          `line 4: image 98 of task "1" is not in instances.json: correct the row, or leave such rows out (missing: "skip")`
        ].join("\n  ")
      })
    )
  })

  it("show both categories, or the error says which they lack", () => {
    const { ids } = listing(["0,cat,bench,4", "1,cat,dog,2", "2,cat,persn,1", "0,cat,bench,5"])
    const remedy = `: correct the row, or leave such rows out (missing: "skip")`
    expect(ids).toThrow(
      [
        "tasks.csv: 4 problems",
        `line 2: image 4 of task "0": every "bench" in the image has degenerate polygons${remedy}`,
        `line 3: image 2 of task "1": no "dog" in the image${remedy}`,
        `line 4: image 1 of task "2": no "persn" in the image ("persn" is not a category of the annotations)${remedy}`,
        `line 5: image 5 of task "0": no "cat" in the image; no "bench" in the image${remedy}`
      ].join("\n  ")
    )
  })

  it("are sampled with `skip` even if they lack a category; rows without an image are counted", () => {
    const { ids, lost } = listing(["0,cat,bench,1", "0,cat,bench,99", "1,cat,dog,2"], "skip")
    expect(ids()).toEqual(["1", "2"])
    expect(lost()).toEqual([
      {
        what: "task rows",
        reason: "the annotations have no image with this id",
        count: 1,
        total: 3,
        examples: ["line 3: 99"]
      }
    ])
  })

  it.each(["error", "skip"] as const)(
    "are refused if none is known, with the likely cause (%s)",
    (missing) => {
      const { ids } = listing(["0,cat,bench,000000000001", "0,cat,bench,000000000002"], missing)
      expect(ids).toThrow(
        expect.objectContaining({
          name: "StageError",
          message: expect.stringMatching(
            /^no ids match: the tasks of tasks\.csv are of 2 images .*, the images of instances\.json are of 5 images/
          ) as string,
          hint: expect.stringContaining(
            '"000000000001" is probably the same as "1" (ids are compared as text; these differ in zero padding)'
          ) as string
        })
      )
    }
  )

  it("that are written in another way are named with the likely cause", () => {
    const rows = ["0,cat,bench,1", "0,cat,bench,0002", "0,cat,bench,0003"]
    expect(listing(rows).ids).toThrow(/line 3: .*"0002" is probably the same as "2".*zero padding/)
    const skipping = listing(rows, "skip")
    expect(skipping.ids()).toEqual(["1"])
    expect(skipping.lost()[0]).toMatchObject({
      count: 2,
      reason: expect.stringMatching(/zero padding/) as string
    })
  })
})
