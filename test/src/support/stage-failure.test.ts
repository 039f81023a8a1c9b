import { expect, it } from "vitest"
import { StageError } from "../../../src/support/stage-error.ts"
import { stageFailure, thrownText } from "../../../src/support/stage-failure.ts"

const ids = { scores: ["scores/vit", "scores/clip", "scores/vit"], examples: ["examples"] }
const textOf = (error: unknown) => thrownText(error, "/lab", ids)
const pointing = (...inputs: ReadonlyArray<{ readonly port: string; readonly index?: number }>) =>
  textOf(new StageError("no", { inputs }))

it("names the nodes of the inputs that an error points at", () => {
  expect(pointing({ port: "scores", index: 0 }, { port: "scores", index: 1 })).toBe(
    'no (nodes "scores/vit", "scores/clip")'
  )
  expect(pointing({ port: "examples" })).toBe('no (node "examples")')
  expect(pointing({ port: "scores" })).toBe('no (nodes "scores/vit", "scores/clip")')
})

it.each([
  { port: "nope" },
  { port: "constructor" },
  { port: "scores", index: 3 },
  { port: "scores", index: -1 },
  { port: "scores", index: 0.5 }
])("names none for %j, which is no input", (input) => expect(pointing(input)).toBe("no"))

it("reads an error of another copy of Probeline by its fields, and ignores what is none", () => {
  const foreign = (inputs: unknown) => Object.assign(new Error("no"), { inputs })
  expect(textOf(foreign([{ port: "scores", index: 1 }, null, 3, { port: 7 }]))).toBe(
    'no (node "scores/clip")'
  )
  for (const inputs of ["scores", 7, {}, null]) expect(textOf(foreign(inputs))).toBe("no")
  for (const thrown of [null, undefined, "no", 7]) expect(() => textOf(thrown)).not.toThrow()
})

it("comes with the field and the hint", () => {
  const error = new StageError("two digests", {
    field: "encoder",
    hint: "rename one",
    inputs: [{ port: "examples" }]
  })
  expect(
    stageFailure("StageFailed", "it failed", error, { base: "/lab", field: "node", inputs: ids })
  ).toMatchObject({
    message: 'it failed: encoder: two digests (node "examples")',
    field: "encoder",
    hint: "rename one"
  })
})
