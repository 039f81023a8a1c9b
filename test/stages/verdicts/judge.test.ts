import { expect, it } from "vitest"
import { assessed, imagesNeeded } from "../../../stages/statistics/equivalence.ts"
import { judged } from "../../../stages/verdicts/judge.ts"

it("counts the images that would show a difference at Holm's level for its rank, however large its p-value", () => {
  const [alpha, images, delta, degrees] = [0.05, 120, 0.02, 4]
  // t of 1.2, 0.6 and 0.4: Holm's adjusted p-values are 1 for the last two
  const differences = [0.03, 0.015, 0.01].map((estimate) => ({ estimate, standardError: 0.025, degrees }))
  const family = differences.map((difference) => ({
    a: 0.5,
    b: 0.5 + difference.estimate,
    difference,
    isEqual: false,
    images,
    delta
  }))
  const found = judged(family, alpha)
  expect(found.map(({ pHolm }) => pHolm)).toEqual([expect.closeTo(0.89, 1), 1, 1])
  found.forEach(({ verdict, imagesForDifferent }, rank) => {
    const tests = family.length - rank
    expect(verdict).toBe("inconclusive")
    expect(imagesForDifferent).toBe(
      imagesNeeded(assessed(differences[rank]!, alpha), { images, delta, alpha, tests }).forDifferent
    )
  })
})
