import { expect, it, test, vi } from "vitest"
import { fromFloat16, toFloat16 } from "../../../src/index.ts"
import type { ActivationRow } from "../../../stages/extract-activations/activation-rows.ts"
import { encoderDigest } from "../../../stages/extract-activations/encoder-digest.ts"
import { InputReader } from "../../../stages/extract-activations/inputs.ts"
import type { TokenRow } from "../../../stages/tables/tokens.ts"
import { resolveEncoderFile } from "../../../stages/vision/encoder.ts"
import { chosenTokens, extracted, imageFile, item, options, runtimeOf, tokens } from "./images.ts"

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
  const more = [...chosenTokens, ...chosenTokens]
  const among = await extracted([
    item(imageFile("wide.png"), more),
    ...backwards.slice(0, 2),
    item(imageFile("tall.png"), more)
  ])

  expect(await extracted([items[2]!])).toEqual([whole[2]])
  expect(await extracted(backwards)).toEqual(reversed(whole))
  expect(among.slice(1, 3)).toEqual(reversed(whole).slice(0, 2))
})

it("rows carry what names the token, and whose activations they are", async () => {
  const task = { selection: "centre", task: "kitchens", source: "secondary", object: -1, token: "avg_obj" }
  const [rows] = await extracted([item(imageFile("rgb.jpg"), [{ ...chosenTokens[1]!, ...task }])])
  const encoder_digest = await encoderDigest(options, await resolveEncoderFile(options.encoder))
  expect(rows).toEqual([
    { ...task, encoder_digest, blocks: 6, pixels: expect.any(String), activation: expect.anything() }
  ])
  expect(encoder_digest).toMatch(/^[0-9a-f]{64}$/)
})

it("taps that are given by tensor do not change the number of blocks", async () => {
  const { description } = await resolveEncoderFile(options.encoder)
  const tensor = description.taps.find(({ name }) => name === "embed")!.tensor
  const encoder = { ...options.encoder, taps: [{ name: "mine", tensor }] }
  const [rows] = await extracted([items[0]!], { encoder, taps: "mine" })
  expect((rows as Array<ActivationRow>)[0]!.blocks).toBe(6)
})

it("an image is read, decoded and encoded once, though three selections and two tasks ask about it", async () => {
  let reads = 0
  const decoded = vi.spyOn(InputReader.prototype, "input")
  try {
    const many = ["as-published", "centre", "aligned"].flatMap((selection) =>
      ["a", "b"].flatMap((task) =>
        chosenTokens.map((row) => ({
          ...row,
          selection,
          task,
          // one selection has other patches
          indices: selection === "aligned" ? row.indices : row.indices.map((index) => (index + 1) % tokens)
        }))
      )
    )
    const images = names.slice(0, 3).map((name) => {
      const file = imageFile(name)
      return item({ ...file, bytes: () => (reads++, file.bytes()) }, many)
    })
    const { asked, runtime } = runtimeOf(1)
    const results = await extracted(images, {}, runtime)
    expect(results.map((rows) => (rows as Array<ActivationRow>).length)).toEqual([12, 12, 12])
    expect([reads, decoded.mock.calls.length]).toEqual([3, 3])
    // the first is the image of zeros; of twelve vectors per image four differ
    expect(asked.batches).toEqual([1, 3])
    expect(asked.rows).toEqual([2, 4])
  } finally {
    decoded.mockRestore()
  }
})

it("equal vectors have equal values, and others their own", async () => {
  const [cls, average] = chosenTokens as [TokenRow, TokenRow]
  const named = (row: TokenRow, selection: string) => ({ ...row, selection })
  const asked = [cls, average, named(average, "a"), named(cls, "b"), named({ ...cls, indices: [3] }, "c")]
  const [rows] = (await extracted([item(imageFile("rgb.jpg"), asked)])) as [Array<ActivationRow>]
  expect(rows.map(({ selection }) => selection)).toEqual([null, "aligned", "a", "b", "c"])
  const values = rows.map(({ activation }) => activation)
  expect([values[2], values[3]]).toEqual([values[1], values[0]])
  expect(values[4]).not.toEqual(values[0])
  expect([values[0], values[1]]).toEqual(
    (whole[0] as Array<ActivationRow>).map(({ activation }) => activation)
  )
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
