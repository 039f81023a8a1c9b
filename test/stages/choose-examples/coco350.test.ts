/** Encoders with different grids and crops are asked about the same classes of 350 photographs of COCO. */
import { existsSync, readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import { type Candidate, choose } from "../../../stages/choose-examples/choose.ts"
import { chooseExamples } from "../../../stages/choose-examples/stage.ts"
import { parseInstances } from "../../../stages/coco/annotations.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { crowdReason } from "../../../stages/tables/scenes.ts"
import type { SupportRow } from "../../../stages/tables/support.ts"
import { coverageOf } from "../../../stages/vision/coverage.ts"
import { geometryOf, gridOfPatches } from "../../../stages/vision/geometry.ts"
import { maskOf } from "../../../stages/vision/mask.ts"
import { patchOfPreset, presets } from "../../../stages/vision/presets.ts"
import { computeOf, fakeContext, tableOf } from "../fakes.ts"
import { kept, labelsOf, uncovered } from "./rig.ts"

const real = new URL("../../../../shared/real/coco350/instances.json", import.meta.url)
const names = ["vit", "blip"] as const

/** Whether a patch is covered to half or more, as select-tokens decides by default. */
const supportOf = ({ images, objects }: ReturnType<typeof parsed>): Array<SupportRow> =>
  images.flatMap(({ id, height, width }) => {
    const grids = names.map((name) => {
      const geometry = geometryOf(presets[name], height, width)
      const [input, size] = [
        { height: geometry.inputHeight, width: geometry.inputWidth },
        patchOfPreset[name]
      ]
      return { name, geometry, grid: gridOfPatches(input, { height: size, width: size }) }
    })
    return objects.get(id)!.flatMap(({ segmentation, crowd }, object) => {
      const mask = maskOf(segmentation, height, width)
      return grids.map(({ name, geometry, grid }): SupportRow => {
        const isCovered = () => coverageOf(mask, geometry, grid).some((share) => share >= 0.5)
        const reason = crowd ? crowdReason : isCovered() ? null : uncovered
        return { encoder: name, selection: "aligned", task: null, scene: id, object, reason, lacks: [] }
      })
    })
  })
const parsed = () =>
  parseInstances(readFileSync(real, "utf8"), { file: "instances.json", skipDegenerate: true })

describe.skipIf(!existsSync(real))(
  "350 photographs of COCO (skipped where ../shared/real is missing)",
  { timeout: 60_000 },
  () => {
    let images: ReturnType<typeof parsed>
    let support: ReadonlyArray<SupportRow> = []
    beforeAll(() => {
      images = parsed()
      support = supportOf(images)
    }, 60_000)
    const examplesOf = (some: {
      readonly examples: "common" | "own"
      readonly minimum: number
      readonly encoders?: ReadonlyArray<string>
    }) => {
      const { encoders = names, ...params } = some
      return computeOf(chooseExamples)(
        {
          scenes: tableOf(
            images.images.map(({ id }) => ({
              item: id,
              image_group: id,
              objects: images.objects.get(id)!,
              left_out: images.leftOut.get(id) ?? []
            }))
          ),
          support: tableOf(support.filter(({ encoder }) => encoders.includes(encoder)))
        },
        { question: "category", categories: [], classes: 20, cap: 100, seed: 0, ...params },
        fakeContext(chooseExamples)
      ) as Promise<ReadonlyArray<Example>>
    }

    it("give both encoders the same 20 classes, though they would choose others by what they support", async () => {
      const own = await examplesOf({ examples: "own", minimum: 10 })
      const [vit, blip] = names.map((name) => kept(own.filter(({ encoder }) => encoder === name)))
      expect(labelsOf(vit!)).toHaveLength(20)
      expect(labelsOf(blip!)).toEqual(labelsOf(vit!))
      expect(vit!.length).toBeLessThan(blip!.length)
      const [byVit, byBlip] = names.map((name) => {
        const reasons = new Map(
          support
            .filter(({ encoder }) => encoder === name)
            .map(({ scene, object, reason }) => [`${scene}/${object}`, reason])
        )
        const candidates = images.images.flatMap(({ id }) =>
          images.objects.get(id)!.map(({ category }, object): Candidate => {
            const key = `${id}/${object}`
            return { scene: id, image_group: id, key, object, label: category, barred: reasons.get(key)! }
          })
        )
        const chosen = choose(candidates, { minimum: 10, classes: 20, cap: 100 }, () => 0)
        return [...new Set(chosen.filter(({ reason }) => reason === null).map(({ label }) => label))].sort()
      })
      expect(byVit).not.toEqual(byBlip)
    })

    it("give both one set of examples in common, in which every class keeps some", async () => {
      const common = kept(await examplesOf({ examples: "common", minimum: 10 }))
      expect(labelsOf(common)).toHaveLength(20)
      for (const encoder of names) {
        const alone = kept(await examplesOf({ examples: "common", minimum: 10, encoders: [encoder] }))
        expect(labelsOf(alone)).toEqual(labelsOf(common))
        expect(common.length).toBeLessThanOrEqual(alone.length)
      }
    })

    it("have 16 classes in 20 images or more: broccoli and orange are in 10 each", async () => {
      const labels = labelsOf(kept(await examplesOf({ examples: "common", minimum: 20 })))
      expect(labels).toHaveLength(16)
      expect(labels).not.toContain("broccoli")
      expect(labels).not.toContain("orange")
    })
  }
)
