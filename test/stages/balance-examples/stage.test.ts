import { expect, it } from "vitest"
import { cutReasons } from "../../../stages/balance-examples/balance.ts"
import { balanceExamples } from "../../../stages/balance-examples/stage.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { computeOf, fakeContext, rejection, tableOf } from "../fakes.ts"

/** `counts` images of each cell, by primary × secondary. */
const examplesOf = (
  counts: Readonly<Record<string, number>>,
  { encoder = "vit", task = "0", first = 0 } = {}
): Array<Example> => {
  let next = first
  return Object.entries(counts).flatMap(([cell, count]) => {
    const [primary, secondary] = cell.split(" × ") as [string, string]
    return Array.from({ length: count }, () => String(next++)).flatMap((scene) =>
      (["primary", "secondary"] as const).map((target) => ({
        encoder,
        selection: "as-published",
        scene,
        image_group: scene,
        object: -1,
        task,
        target,
        label: target === "primary" ? primary : secondary,
        cell,
        left_out: null,
        lacks: []
      }))
    )
  })
}
const cells = { "cat × bed": 40, "dog × bed": 25, "cat × bench": 12, "dog × bench": 70, "cat × couch": 9 }
const balance = async (examples: ReadonlyArray<Example>, params = {}): Promise<ReadonlyArray<Example>> =>
  computeOf(balanceExamples)(
    { examples: tableOf(examples) },
    { unused: 0, seed: 0, ...params },
    fakeContext(balanceExamples)
  )
const countsOf = (examples: ReadonlyArray<Example>) =>
  Object.fromEntries(
    Object.keys(cells).map((cell) => [
      cell,
      examples.filter((one) => one.cell === cell && one.target === "primary" && one.left_out === null).length
    ])
  )

it("cuts the larger primary cell of each secondary down to the smaller, and leaves secondaries unbalanced", async () => {
  const rows = await balance(examplesOf(cells))
  expect(countsOf(rows)).toEqual({
    "cat × bed": 25,
    "dog × bed": 25,
    "cat × bench": 12,
    "dog × bench": 12,
    "cat × couch": 0
  })
  const cut = rows.filter(({ left_out }) => left_out !== null)
  expect(new Set(cut.map(({ left_out }) => left_out))).toEqual(new Set([cutReasons.larger]))
  // both targets of a scene together
  for (const { scene } of cut) expect(cut.filter((one) => one.scene === scene)).toHaveLength(2)
})

it("draws by task and scene alone: equal support gives equal examples, and a scene that goes moves none of another cell", async () => {
  const kept = (rows: ReadonlyArray<Example>, encoder: string) =>
    rows
      .filter((row) => row.encoder === encoder && row.left_out === null)
      .map(({ scene, target }) => [scene, target])
  const rows = await balance([...examplesOf(cells), ...examplesOf(cells, { encoder: "clip" })])
  expect(kept(rows, "vit")).toEqual(kept(rows, "clip"))
  expect(kept(rows, "vit")).toEqual(kept(await balance(examplesOf(cells)), "vit"))
  const fewer = examplesOf(cells).map((one) => (one.scene === "0" ? { ...one, left_out: "no token" } : one))
  const after = (await balance(fewer)).filter(({ cell }) => cell !== "cat × bed")
  expect(after).toEqual((await balance(examplesOf(cells))).filter(({ cell }) => cell !== "cat × bed"))
  const other = await balance(examplesOf(cells, { task: "1" }))
  expect(kept(other, "vit")).not.toEqual(kept(rows, "vit"))
})

it("sets a share of each cell aside", async () => {
  const rows = await balance(examplesOf({ "cat × bed": 400, "dog × bed": 300 }), { unused: 0.09 })
  const kept = rows.filter(({ left_out, target }) => left_out === null && target === "primary")
  expect(Math.abs(kept.length - 0.91 * 600)).toBeLessThanOrEqual(2)
  expect(rows.filter(({ left_out }) => left_out === cutReasons.unused).length / 2).toBe(600 - kept.length)
})

it("refuses examples that are not of pairs", async () => {
  const [one] = examplesOf({ "cat × bed": 1 })
  const error = await rejection(balance([{ ...one!, target: "category", task: null }]))
  expect(error.message).toBe("scene 0 is asked for its category, which is not about a pair")
})
