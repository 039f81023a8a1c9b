/**
 * `balance-examples`: the examples of arXiv 2406.09067: for each secondary category, as many images of one primary
 * category as of the other. Secondaries stay as frequent as they are. The mended measures weigh cells instead.
 */
import { defineStage, param, table, whole } from "../../src/index.ts"
import { exampleColumns, readExamples } from "../tables/examples.ts"
import { balanced } from "./balance.ts"

export const balanceExamples = defineStage.whole("balance-examples", {
  doc: "examples of pairs, cut as the paper did: for each secondary category, as many images of each primary",
  inputs: { examples: whole(exampleColumns) },
  params: {
    unused: param.number({
      default: 0,
      min: 0,
      max: 0.9,
      doc: "share of each cell that is then left out, such as a validation part that nothing reads"
    }),
    seed: param.int({ default: 0, doc: "of both draws" })
  },
  output: table(exampleColumns),
  rowKey: ["encoder", "selection", "scene", "object", "task", "target"],
  losses: async function* ({ output }) {
    yield { what: "examples", reason: null, count: 0, verb: "balanced" }
    for (const { left_out, scene, task } of await readExamples(output))
      yield {
        what: "examples",
        // why the others are left out is in the report of choose-examples
        reason: left_out === null || left_out.startsWith(cutStart) ? left_out : "left out before",
        ...(left_out === null ? {} : { examples: [`${scene}, task ${task}`] })
      }
  },
  compute: async ({ examples }, { unused }, { random }) =>
    balanced(await readExamples(examples), unused, (...labels) => random(...labels)())
})

const cutStart = "cut: "
