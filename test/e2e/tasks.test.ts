/** Paired tasks from a list, by the real command line: an image in two tasks, and one encoder by two names. */
import * as fs from "node:fs"
import * as path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encoder, makeRig, type Rig } from "./cli.ts"
import { categories, makeCocoData } from "./coco-data.ts"
import { nodeOf } from "./look.ts"

const duckdb = await (await DuckDBInstance.create(":memory:")).connect()
const query = async (text: string) => (await duckdb.runAndReadAll(text)).getRowsJS()

/** Image i shows the categories i and i + 1 (modulo 3). Those with crate and towel are in both tasks, in other roles. */
const pairsOf = (i: number): ReadonlyArray<string> => {
  const shown = new Set([categories[i % 3]!, categories[(i + 1) % 3]!])
  const row = (task: string, primary: string, secondary: string) =>
    shown.has(primary as never) && shown.has(secondary as never)
      ? [`${task},${primary},${secondary},${i + 1}`]
      : []
  return [
    ...row("first", "crate", "towel"),
    ...row("first", "plate", "towel"),
    ...row("second", "towel", "crate"),
    ...row("second", "plate", "crate")
  ]
}

interface NamedModel {
  readonly name: string
  readonly model: string
}
/** Probes of one or two encoders, asked about both tasks with three selections. */
const source = (...models: ReadonlyArray<NamedModel>) => `
import { definePipeline, param } from "probeline"
import {
  aggregate, assignTasks, buildObjectMasks, chooseExamples, coco, extractActivations, findSupport, fitProbes, kfold,
  listFits, onnx, sampleScenes, scoreProbes, selectTokens, taskList
} from "probeline/stages"
export default definePipeline("tasks", {
  params: { annotations: param.file(), images: param.folder(), list: param.file() },
  graph: ({ annotations, images, list }) => {
    const scenes = sampleScenes("scenes", { source: coco({ annotations, images, tasks: list }) })
    const tasks = assignTasks("tasks", { scenes, tasks: taskList(list) })
    const runs = ${JSON.stringify(models)}.map(({ name, model }, i) => {
      const encoder = onnx(model)
      const masks = buildObjectMasks(\`masks/\${i}\`, { scenes, encoder, selections: ["as-published", "centre", "aligned"] })
      const tokens = selectTokens(\`tokens/\${i}\`, { masks, scenes, tasks, encoder, of: "pair" })
      const activations = extractActivations(\`activations/\${i}\`, { scenes, tokens, encoder, taps: "final.norm" })
      return { name, tokens, activations }
    })
    const support = findSupport("support", {
      scenes, tasks, tokens: runs.map(({ tokens }) => tokens), of: "pair",
      activations: runs.map(({ activations }) => activations), encoders: runs.map((_, i) => \`encoder \${i}\`)
    })
    const examples = chooseExamples("examples", { scenes, tasks, support, question: "pair" })
    const scores = runs.map(({ name, activations }, i) => {
      const fits = listFits(\`fits/\${i}\`, {
        activations, question: "pair", tasks: ["first", "second"], probes: ["logistic"], tokens: "avg_obj",
        sources: "primary,secondary", targets: "primary"
      })
      const split = kfold({ seeds: 1 })
      const probes = fitProbes(\`probes/\${i}\`, { fits, activations, examples, encoder: name, split })
      return scoreProbes(\`scores/\${i}\`, { fits: probes })
    })
    return { measures: aggregate("measures", { scores }) }
  }
})
`

let rig: Rig
let set: ReadonlyArray<string>
beforeAll(async () => {
  rig = makeRig()
  const data = await makeCocoData(rig.at("coco"))
  rig.write(
    "tasks.csv",
    ["task,primary,secondary,image_id", ...Array.from({ length: 32 }, (_, i) => pairsOf(i)).flat()].join("\n")
  )
  set = [...data.set, "-S", `list=${rig.at("tasks.csv")}`]
}, 60_000)
afterAll(() => {
  duckdb.closeSync()
  rig.remove()
})

describe("an image in two tasks", () => {
  it("is encoded once, answers in both and has one fold", async () => {
    rig.write("one.ts", source({ name: "a", model: encoder }))
    const { document, code, stderr } = await rig.json("run", "one.ts", ...set)
    expect(code, stderr).toBe(0)
    // three images in three show a pair of the first task or the second; ten or eleven are in both
    expect(nodeOf(document, "activations/0").items).toMatchObject({ total: 32, executed: 32 })
    const at = (name: string) => `'${path.join(rig.at("artifacts/runs/latest"), name)}.parquet'`
    const both = await query(
      `select scene from ${at("tasks")} group by scene having count(distinct task) = 2 order by scene`
    )
    expect(both).toHaveLength(10)
    // an image's rows have the pixels of one input, for both tasks and all selections
    expect(
      await query(
        `select max(n)::int, min(tasks)::int, min(selections)::int from (
           select count(distinct pixels) n, count(distinct task) tasks, count(distinct selection) selections
           from ${at("activations/0")} where scene in (select scene from ${at("tasks")} group by scene having count(*) = 2)
           group by scene)`
      )
    ).toEqual([[1, 2, 3]])
    const folds = await query(
      `select count(*)::int, count(distinct (image, fold))::int, count(distinct image)::int from (
         select task, unnest(image) image, unnest(fold) fold from ${at("probes/0")} where source = 'primary')`
    )
    const [[answers, places, images]] = folds as [[number, number, number]]
    expect(images).toBe(32)
    expect(places).toBe(images)
    expect(answers).toBe(32 + 10)
    const tasks = await query(`select distinct task from ${at("measures")} order by task`)
    expect(tasks).toEqual([["first"], ["second"]])
  }, 60_000)
})

describe("names of encoders", () => {
  it("one for two encoders is an error that names both nodes; so are two for one", async () => {
    const refused = async (...models: ReadonlyArray<NamedModel>) => {
      rig.write("two.ts", source(...models))
      const { document, code, stderr } = await rig.json("run", "two.ts", ...set)
      expect(code, stderr).toBe(1)
      return nodeOf(document, "measures").error as string
    }
    const same = { name: "b", model: encoder }
    expect(await refused({ name: "a", model: encoder }, same)).toMatch(/"a".*"b".*"scores\/0".*"scores\/1"/s)
    // the same weights with another preprocessing are another encoder
    fs.cpSync(path.dirname(encoder), rig.at("other"), { recursive: true })
    const config = rig.at("other/preprocessor_config.json")
    const { image_mean: _, ...others } = JSON.parse(fs.readFileSync(config, "utf8"))
    fs.writeFileSync(config, JSON.stringify({ ...others, image_mean: [0.25, 0.25, 0.25] }))
    const other = { name: "a", model: rig.at("other/model.onnx") }
    expect(await refused({ name: "a", model: encoder }, other)).toMatch(/"a".*"scores\/0".*"scores\/1"/s)
  }, 90_000)
})

describe("a list with a mistake", () => {
  it.each([
    ["an image that the annotations lack", "first,crate,towel,99", /tasks\.csv.*line \d+.*99/s],
    ["an image that lacks the category", "first,crate,towel,1", /tasks\.csv.*line \d+.*towel/s],
    ["an image twice in a task", "first,plate,towel,2\nfirst,plate,towel,2", /tasks\.csv.*line \d+.*first/s]
  ])("%s: file, line and what is wrong", async (_, line, how) => {
    const bad = rig.write("bad.csv", `${fs.readFileSync(rig.at("tasks.csv"), "utf8")}\n${line}\n`)
    const { document, code } = await rig.json("run", "one.ts", "tasks", ...set.slice(0, -1), `list=${bad}`)
    expect(code).toBe(1)
    expect(nodeOf(document, "scenes").error).toMatch(new RegExp(how.source.replace("tasks", "bad"), "s"))
  })
})
