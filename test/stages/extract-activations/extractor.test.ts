import { expect, it, test } from "vitest"
import { fromFloat16, toFloat16 } from "../../../src/index.ts"
import type { ActivationRow } from "../../../stages/extract-activations/activation-rows.ts"
import { extracted, imageFile, item, runtimeOf, selections } from "./images.ts"

const names = ["rgb.jpg", "portrait.png", "grey.png", "landscape.png", "palette.gif", "small.png"]
const items = names.map((name) => item(imageFile(name)))
const whole = await extracted(items)
const reversed = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> => all.map((_, i) => all.at(-1 - i)!)

it("gives each item its selected rows, in the items' order, with every tap", () => {
  expect(whole).toHaveLength(items.length)
  for (const rows of whole as ReadonlyArray<ReadonlyArray<ActivationRow>>) {
    expect(rows.map(({ token, object }) => [token, object])).toEqual([
      ["cls", -1],
      ["avg_obj", 4]
    ])
    for (const { activation } of rows) {
      expect(Object.keys(activation)).toEqual(["embed", "block.5.resid_post"])
      expect(Object.values(activation).map(({ length }) => length)).toEqual([96, 96])
    }
  }
})

it("an item's values are the same to the bit, whatever is beside it, and however many rows", async () => {
  const backwards = reversed(items)
  const more = [...selections, ...selections]
  const among = await extracted([
    item(imageFile("wide.png"), more),
    ...backwards.slice(0, 2),
    item(imageFile("tall.png"), more)
  ])

  expect(await extracted([items[2]!])).toEqual([whole[2]])
  expect(await extracted(backwards)).toEqual(reversed(whole))
  expect(among.slice(1, 3)).toEqual(reversed(whole).slice(0, 2))
})

it("an item of which nothing was selected has no rows, and its image is not read", async () => {
  const unread = { ...imageFile("x.png"), bytes: () => Promise.reject(new Error("it was read")) }
  expect(await extracted([item(unread, []), items[0]!])).toEqual([[], whole[0]])
})

it("in float16 keeps the same values, rounded", async () => {
  const halves = (await extracted(items, { precision: "float16" })) as ReadonlyArray<
    ReadonlyArray<ActivationRow>
  >
  for (const [i, rows] of halves.entries())
    for (const [row, { activation }] of rows.entries())
      for (const [tap, values] of Object.entries(activation)) {
        const exact = (whole[i] as ReadonlyArray<ActivationRow>)[row]!.activation[tap] as Float32Array
        expect(values).toBeInstanceOf(Uint16Array)
        expect(values).toEqual(toFloat16(exact))
        const error = fromFloat16(values as Uint16Array).map((value, k) => Math.abs(value - exact[k]!))
        error.forEach((one, k) => expect(one).toBeLessThanOrEqual(Math.abs(exact[k]!) * 2 ** -11 + 2 ** -25))
      }
})

test.each([
  ["NaN", NaN, "float32", "tap embed has NaN at 0, which is not finite (token cls, object -1 of s)"],
  ["infinite", -Infinity, "float16", "tap embed has -Infinity at 0, which is not finite"],
  [
    "beyond float16",
    65520,
    "float16",
    'tap embed has 65520 at 0, beyond float16, which ends at 65504: keep it with precision "float32"'
  ]
] as const)(
  "an item whose activations are %s fails, and says at which tap and token",
  async (_, value, precision, says) => {
    const [result] = await extracted([items[0]!], { precision }, runtimeOf(value).runtime)
    expect((result as { failed: string }).failed).toContain(says)
  }
)

it("what float16 just holds is kept", async () => {
  const { runtime } = runtimeOf(65519)
  const [rows] = (await extracted([items[0]!], { precision: "float16" }, runtime)) as [Array<ActivationRow>]
  expect(fromFloat16(rows[0]!.activation["embed"] as Uint16Array)[0]).toBe(65504)
})
