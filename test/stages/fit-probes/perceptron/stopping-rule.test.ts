import { expect, it } from "vitest"
import {
  exactly,
  type EpochLoss,
  StoppingRule
} from "../../../../stages/fit-probes/perceptron/stopping-rule.ts"
import { seededRandom } from "../../../../src/index.ts"

/** Counts losses until training ends; returns the epochs. */
function epochsOf(losses: ReadonlyArray<EpochLoss>): number {
  const rule = new StoppingRule()
  losses.some((loss) => rule.count(loss))
  return rule.epochs
}

it("ends at the same epoch whether losses are known or lie in intervals", () => {
  let asked = 0
  let counted = 0
  for (let world = 0; world < 500; world++) {
    const random = seededRandom("stopping rule", world)
    const step = [1e-4, 1e-3, 1e-2][world % 3]!
    const width = [1e-6, 1e-4, 1e-3, 1][world % 4]!
    // multiples of a step, some equal: half of them fall
    const losses = Array.from({ length: 60 }, (_, i) => step * Math.floor(100 * random() - (world % 2) * i))
    const within = losses.map((loss) => ({
      low: loss - width * random(),
      high: loss + width * random(),
      exact: () => (asked++, loss)
    }))
    const epochs = epochsOf(losses.map(exactly))
    expect(epochsOf(within)).toBe(epochs)
    counted += epochs
  }
  expect(asked).toBeGreaterThan(100)
  expect(asked).toBeLessThan(2 * counted)
})

it("does not compute a loss that its interval suffices for", () => {
  const never = (low: number, high: number): EpochLoss => ({ low, high, exact: () => expect.unreachable() })
  expect(
    epochsOf([
      never(5, 6),
      never(3, 4),
      never(4, 5),
      never(4, 9),
      never(7, 8),
      never(7, 8),
      never(7, 8),
      never(7, 8)
    ])
  ).toBe(7)
})

it("computes what overflowed, and then goes on as scikit-learn's comparisons do", () => {
  const unknown: EpochLoss = { low: NaN, high: NaN, exact: () => NaN }
  expect(
    epochsOf([...Array.from({ length: 20 }, () => unknown), ...Array.from({ length: 9 }, () => exactly(0))])
  ).toBe(26)
})

it("ends after 1000 epochs", () => {
  expect(epochsOf(Array.from({ length: 2000 }, (_, i) => exactly(5000 - i)))).toBe(1000)
})
