/**
 * How far apart the selections are on real photographs, with the crops of well-known encoders.
 *
 * The share is over the tokens that `as-published` or `centre` selects, counted for each annotated object, crowds
 * included: it is the share selected by only one of the two.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { rulesOf } from "../../../stages/build-object-masks/rules.ts"
import { parseInstances } from "../../../stages/coco/annotations.ts"
import { selections } from "../../../stages/tables/masks.ts"
import { geometryOf, gridOfPatches, inputSizeOf } from "../../../stages/vision/geometry.ts"
import { maskOf } from "../../../stages/vision/mask.ts"
import { patchOfPreset, type PresetName, presetOf } from "../../../stages/vision/presets.ts"

const file = fileURLToPath(new URL("../../../../shared/real/coco350/instances.json", import.meta.url))
const isHere = existsSync(file)

const skipped = isHere ? "" : " (skipped: ../shared/real/coco350 is missing)"

describe.skipIf(!isHere)(`the selections on coco350${skipped}`, () => {
  const coco = isHere ? parseInstances(readFileSync(file, "utf8"), { file, skipDegenerate: true }) : null
  const counted = (preset: PresetName) => {
    const preprocessing = presetOf(preset)
    const edge = patchOfPreset[preset]
    const patches = gridOfPatches(inputSizeOf(preprocessing)!, { height: edge, width: edge })
    const rules = rulesOf({ selections, grid: null }, { ...patches, prefix: 1, classToken: true })
    let [both, one] = [0, 0]
    const having = new Map(selections.map((selection) => [selection, 0]))
    let objects = 0
    for (const { id, height, width } of coco!.images) {
      const geometry = geometryOf(preprocessing, height, width)
      for (const { segmentation, crowd } of coco!.objects.get(id) ?? []) {
        const mask = maskOf(segmentation, height, width)
        const of = new Map(rules.map(({ selection, coverage }) => [selection, coverage(mask, geometry)]))
        const [published, centre] = [of.get("as-published")!, of.get("centre")!]
        published.forEach((is, patch) => {
          if (is !== centre[patch]) one++
          else if (is === 1) both++
        })
        if (crowd) continue
        objects++
        for (const [selection, coverage] of of)
          if (coverage.some((share) => share >= 0.5)) having.set(selection, having.get(selection)! + 1)
      }
    }
    const shares = Object.fromEntries([...having].map(([selection, n]) => [selection, n / objects]))
    return { rows: patches.rows, objects, differing: one / (one + both), shares }
  }

  it.each([
    ["vit", 14, 0, 0.001],
    ["blip", 24, 0, 0.001],
    ["clip", 14, 0.4, 0.42],
    ["dinov2", 16, 0.5, 0.52]
  ] as const)(
    "%s, %i patches a side: as-published and centre differ by the crop alone",
    (preset, rows, least, most) => {
      const found = counted(preset)
      expect(found).toMatchObject({ rows, objects: 3124 })
      expect(found.differing).toBeGreaterThan(least)
      expect(found.differing).toBeLessThan(most)
    }
  )

  it("without a crop, the rule alone takes objects with a token from 64 % to 50 %", () => {
    const { shares } = counted("vit")
    expect(shares["as-published"]).toBeCloseTo(0.644, 3)
    expect(shares["centre"]).toBeCloseTo(0.644, 3)
    expect(shares["aligned"]).toBeCloseTo(0.503, 3)
  })
})
