/** The table of shipped stages' codes, of a small checkout with the real declarations. */
import { cpSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { digestShipped } from "../../../src/load/digest-shipped.ts"
import { type Files, folderOf, root, write } from "./project.ts"

const stages: Files = {
  "stages/index.ts":
    'export { first } from "./first/stage.ts"\nexport { second } from "./second/stage.ts"\nexport { decode } from "./vision/decode.ts"\n',
  "stages/first/stage.ts": `import { column, defineStage, seededRandom, table } from "../../src/index.ts"
import { decode } from "../vision/decode.ts"
export const first = defineStage.whole("first", { inputs: {}, output: table({ n: column.int32() }), compute: async () => { const { late } = await import("./late.ts"); return [{ n: decode(late) + seededRandom("x").next() }] } })`,
  "stages/first/late.ts": "export const late = 1\n",
  "stages/second/stage.ts": `import { column, defineStage, table } from "../../src/index.ts"
import { first } from "../first/stage.ts"
export const second = defineStage.whole("second", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: 2 }] })
export const unused = first`,
  "stages/vision/decode.ts": "export const decode = (x: number) => x\n"
}
/** Stages are told from helpers by their exports; the digests come from the source. */
const exports = {
  first: Object.assign(() => 0, { stage: {} }),
  second: Object.assign(() => 0, { stage: {} }),
  decode: () => 0
}
function checkout(): string {
  const folder = folderOf(stages)
  for (const name of ["src/index.ts", "src/pipeline", "src/support"])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  return folder
}
async function after(edit: (folder: string) => void) {
  const folder = checkout()
  edit(folder)
  return digestShipped(folder, exports)
}

it("holds stages and helpers, and does not depend on where the checkout lies", async () => {
  const codes = await digestShipped(checkout(), exports)
  expect(Object.keys(codes.stages)).toEqual(["first", "second"])
  expect(Object.keys(codes.helpers)).toEqual(["decode"])
  expect(Object.keys(codes.stages["first"]!.modules)).toEqual([
    "src/support/random.ts",
    "stages/first/late.ts",
    "stages/first/stage.ts",
    "stages/vision/decode.ts"
  ])
  expect(Object.keys(codes.stages["second"]!.modules)).toEqual(["stages/second/stage.ts"])
  expect(await digestShipped(checkout(), exports)).toEqual(codes)
})

it("changes for the stages that an edit reaches, and for no others", async () => {
  const before = await digestShipped(checkout(), exports)
  const edited = await after((folder) =>
    write(folder, { "stages/vision/decode.ts": "export const decode = (x: number) => -x\n" })
  )
  expect(edited.stages["first"]!.digest).not.toBe(before.stages["first"]!.digest)
  expect(edited.stages["second"]).toEqual(before.stages["second"])
  expect(edited.helpers["decode"]).not.toBe(before.helpers["decode"])
})

it("counts modules that are imported dynamically, and the generator that a stage draws from", async () => {
  const before = await digestShipped(checkout(), exports)
  const late = await after((folder) => write(folder, { "stages/first/late.ts": "export const late = 2\n" }))
  expect(late.stages["first"]!.digest).not.toBe(before.stages["first"]!.digest)
  const random = await after((folder) =>
    write(folder, {
      "src/support/random.ts":
        "export const seededRandom = () => ({ next: () => 4 }), below = 0, normal = 0, pick = 0, shuffled = 0\n"
    })
  )
  expect(random.stages["first"]!.digest).not.toBe(before.stages["first"]!.digest)
  expect(random.stages["second"]).toEqual(before.stages["second"])
})

it("leaves out how a stage is declared", async () => {
  const before = await digestShipped(checkout(), exports)
  const redeclared = await after((folder) =>
    write(folder, {
      "src/pipeline/columns.ts": "export const column = { int32: () => ({ type: 'int32', more: 1 }) }\n"
    })
  )
  expect(redeclared).toEqual(before)
})
