/** A pipeline that is run, planned or drawn without what it requires says all that it takes. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { dagCommand } from "../../../src/cli/dag.ts"
import { parameterTable } from "../../../src/project/parameter-table.ts"
import { runCommand } from "../../../src/cli/run.ts"
import { statusCommand } from "../../../src/cli/status.ts"
import { param } from "../../../src/index.ts"
import { Lab } from "../run/lab.ts"
import { typed } from "./store-commands.ts"

let lab: Lab
beforeAll(() => {
  lab = new Lab()
  writeFileSync(
    join(lab.folder, "p.ts"),
    `import { definePipeline, param } from "probeline"
export default definePipeline("p", {
  params: {
    scenes: param.int({ default: 400, doc: "scenes to render" }),
    images: param.folder({ doc: "where the photographs lie" }),
    annotations: param.file({ doc: "instances, as JSON" })
  },
  graph: () => ({})
})
`
  )
})
afterAll(() => lab.close())

it.each([
  ["run", runCommand],
  ["dag", dagCommand],
  ["status", statusCommand]
])("`%s` without required parameters lists all parameters with their docs", async (name, command) => {
  const asked = typed(lab, command, `${name} ${join(lab.folder, "p.ts")}`)
  await expect(asked).rejects.toMatchObject({
    _tag: "ParameterInvalid",
    message: expect.stringMatching(/2 problems\n- images: a value is missing\n- annotations: /) as string
  })
  const { hint } = (await asked.catch((error: unknown) => error)) as { readonly hint: string }
  expect(hint).toMatch(/^parameters:\n/)
  for (const [word, text] of [
    ["images=DIR", "required +where the photographs lie"],
    ["annotations=FILE", "required +instances, as JSON"],
    ["scenes=N", "400 +scenes to render"]
  ])
    expect(hint).toMatch(new RegExp(`^ +-S ${word} +${text}$`, "m"))
})

it("says what a value looks like, the required ones first", () => {
  expect(
    parameterTable({
      seed: param.int({ default: 7 }),
      mode: param.choice(["a", "b"], { doc: "how" }),
      crop: param.maybe(param.bool()),
      model: param.file({ default: { path: "./model.onnx" } }),
      split: param.oneOf({ kfold: { k: param.int() }, given: {} }, { default: { kind: "kfold", k: 5 } }),
      preset: param.choice(["a preset of a long name", "and another one"], { default: "and another one" })
    }).split("\n")
  ).toEqual([
    "    parameter                                 default",
    "    -S mode=a|b                               required                how",
    "    -S seed=N                                 7",
    "    -S crop=true|false                        null",
    "    -S model=FILE                             ./model.onnx",
    '    -S split=kfold|given                      {"kind":"kfold","k":5}',
    "    -S preset=a preset of a long name|and a…  and another one"
  ])
  expect(parameterTable({})).toBe("this pipeline has no parameters")
})

it("a variant is given to a command by its kind alone, as JSON, or by its default", async () => {
  const file = join(lab.folder, "splits.ts")
  writeFileSync(
    file,
    `import { column, definePipeline, defineStage, param, table } from "probeline"
const splits = param.oneOf({ kfold: { k: param.int({ default: 5 }) }, holdout: { share: param.number({ default: 0.2 }) } }, { default: { kind: "kfold", k: 4 } })
export const folds = defineStage.whole("folds", { inputs: {}, params: { splits }, output: table({ n: column.int32() }), compute: () => [] })
export default definePipeline("p", { params: { splits }, graph: ({ splits }) => ({ own: folds("own", {}), given: folds("given", { splits }) }) })
`
  )
  const splitsOf = async (option: string) => {
    const { json } = await typed(lab, dagCommand, `dag ${file} --json${option}`)
    const { nodes } = json as { readonly nodes: ReadonlyArray<{ id: string; params: object }> }
    return Object.fromEntries(nodes.map(({ id, params }) => [id, params]))
  }
  const own = { splits: { kind: "kfold", k: 4 } }
  expect(await splitsOf("")).toEqual({ own, given: own })
  expect(await splitsOf(" -S splits=holdout")).toEqual({
    own,
    given: { splits: { kind: "holdout", share: 0.2 } }
  })
  expect(await splitsOf(` -S splits={"kind":"kfold","k":3}`)).toEqual({
    own,
    given: { splits: { kind: "kfold", k: 3 } }
  })
})
