/**
 * The same DAG as in bench/peers: branches of five stages. Each stage adds a line to its input text; the first reads
 * `in/<branch>.txt`.
 */
import { column, definePipeline, defineStage, param, table, whole } from "probeline"

const text = { text: column.utf8() }

export const input = defineStage.source("input", {
  item: "line",
  params: { file: param.file() },
  output: table(text),
  compute: async function* ({ file }, world) {
    yield { text: `${new TextDecoder().decode(await world.read(file.path))}0\n` }
  }
})

export const add = defineStage.whole("add", {
  inputs: { to: whole(text) },
  params: { line: param.int() },
  output: table(text),
  compute: async ({ to }, { line }) => [{ text: `${(await to.read("text")).text[0]!}${line}\n` }]
})

export default definePipeline("branches", {
  params: {
    folder: param.folder({ doc: "has in/<branch>.txt" }),
    branches: param.int({ default: 20, min: 1 })
  },
  graph: ({ folder, branches }) => ({
    out: Array.from({ length: branches }, (_, branch) => {
      let last = add(`1/${branch}`, {
        to: input(`0/${branch}`, { file: { path: `${folder.path}/in/${branch}.txt` } }),
        line: 1
      })
      for (let stage = 2; stage < 5; stage++) last = add(`${stage}/${branch}`, { to: last, line: stage })
      return last
    })
  })
})
