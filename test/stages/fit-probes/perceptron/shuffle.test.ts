import { expect, it } from "vitest"
import { Mt19937 } from "../../../../stages/fit-probes/perceptron/mt19937.ts"
import { shuffleSeeds } from "../../../../stages/fit-probes/perceptron/shuffle.ts"

it("draws what NumPy's RandomState(0) draws: randint(2³¹ − 1, size=1000)", () => {
  const random = new Mt19937(0)
  const drawn = Array.from({ length: 1000 }, () => random.int31(0))
  expect(drawn.slice(0, 3)).toEqual([209652396, 398764591, 924231285])
  expect(drawn.slice(-3)).toEqual([1666635026, 25195929, 895968152])
})

// drawn by NumPy 2.4.6 as scikit-learn 1.9.1 draws them
it.each([
  [0, 398764591, [440063463, 569917677, 1479137938, 890196369]],
  [7, 976413892, [288033268, 423942246, 2139767207, 1855927105]],
  [2 ** 32 - 1, 479346978, [731576176, 1341635716, 814468442, 172624586]]
])("are scikit-learn's for random_state %i", (randomState, single, lastOf30) => {
  expect(shuffleSeeds(1, randomState)).toEqual([single])
  expect(shuffleSeeds(30, randomState).slice(-4)).toEqual(lastOf30)
})

it("do not depend on how many vectors there are", () => {
  expect(shuffleSeeds(20, 0)).toEqual(shuffleSeeds(30, 0).slice(0, 20))
  expect(shuffleSeeds(3, 0)).toEqual([1702673635, 1586107549, 1930872371])
})
