import { expect, it } from "vitest"
import { checkRanges } from "../../../src/diff/settings.ts"

const declared = [["alpha", { default: 0.05, min: 1e-6, max: 0.25, doc: "level of tests" }]] as const

it("refuses a threshold outside of its range: a wrong option, or a wrong pipeline file", () => {
  for (const alpha of [1e-6, 0.05, 0.25]) expect(() => checkRanges({ alpha }, declared, null)).not.toThrow()
  expect(() => checkRanges({ other: 7 }, declared, null)).not.toThrow()
  for (const alpha of [0, 0.3, 2, -1])
    for (const [file, tag] of [
      [null, "Usage"],
      ["p.ts", "PipelineInvalid"]
    ] as const)
      expect(() => checkRanges({ alpha }, declared, file)).toThrow(
        expect.objectContaining({
          _tag: tag,
          exitCode: 2,
          message: expect.stringContaining(`alpha: ${alpha} is not`)
        })
      )
})
