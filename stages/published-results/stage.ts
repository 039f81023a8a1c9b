/** `published-results`: accuracies from a published table, in the columns of a run's own. */
import { defineStage, param, StageError, table } from "../../src/index.ts"
import { fileText, NotUtf8 } from "../../src/support/utf8.ts"
import { parseCsv } from "../csv/parse-csv.ts"
import { wilsonInterval } from "../statistics/binomial.ts"
import { grouped } from "../tables/grouped.ts"
import { asPublished, type PlainAccuracy, plainAccuracyColumns } from "../tables/plain-accuracies.ts"
import { measureOf } from "../tables/questions.ts"
import { parseResults, type PublishedResult } from "./results.ts"
import { testSize } from "./test-size.ts"

export const publishedResults = defineStage.source("published-results", {
  doc: "accuracies from a published CSV, in the columns of a run's own plain accuracies",
  item: "result",
  params: {
    file: param.file({
      doc: "CSV with the columns encoder, task, layer, token, source_object, target, accuracy"
    }),
    encoders: param.list(
      param.struct({
        key: param.text({ doc: "the name in the file" }),
        blocks: param.int({ min: 1 }),
        firstLayer: param.int({
          default: 0,
          min: 0,
          doc: "the number by which the file names the first block; here layers count from 0"
        }),
        tap: param.text({
          default: "block.*.resid_post",
          doc: "the tap of a layer, with * for its number from 0"
        })
      }),
      { doc: "the encoders that the file may name" }
    ),
    tasks: param.list(
      param.struct({
        task: param.text(),
        primary: param.list(param.text()),
        secondary: param.list(param.text())
      }),
      { doc: "the paired tasks that the file may name, with their categories" }
    )
  },
  output: table(plainAccuracyColumns),
  rowKey: ["encoder", "tap", "token", "source", "task", "target"],
  compute: async function* ({ file: { path }, encoders, tasks }, world) {
    const parsed = readCsv(path, await world.read(path))
    const results = parseResults(path, parsed, { encoders, tasks })
    const sizes = new Map<string, number>()
    const groups = grouped(results, groupOf)
    for (const [group, own] of groups) sizes.set(group, sizeOf(path, own))
    for (const result of results) yield rowOf(result, sizes.get(groupOf(result))!)
  }
})

function readCsv(path: string, bytes: Uint8Array): ReturnType<typeof parseCsv> {
  try {
    return parseCsv(fileText(bytes))
  } catch (cause) {
    const hint = cause instanceof NotUtf8 ? cause.hint : "write it as RFC 4180 says"
    const line = cause instanceof NotUtf8 ? `line ${cause.line}: ` : ""
    throw new StageError(`${path}: ${line}${(cause as Error).message}`, { file: path, hint, cause })
  }
}

/** One test set serves all accuracies of an encoder's task. */
const groupOf = ({ encoder, task }: PublishedResult) => JSON.stringify([encoder.key, task])

function sizeOf(path: string, results: ReadonlyArray<PublishedResult>): number {
  const size = testSize(results.map(({ accuracy }) => accuracy))
  if (size !== null) return size
  const { encoder, task, line } = results[0]!
  throw new StageError(
    `${path}: the accuracies of "${encoder.key}" in task "${task}" (line ${line} and others) are no whole numbers of right answers about any number of images`,
    { file: path, field: "accuracy", hint: "give six decimals, as in 0.472081 (93 of 197)" }
  )
}

function rowOf(
  { encoder, task, layer, token, source, target, accuracy, classes }: PublishedResult,
  n: number
): PlainAccuracy {
  // exactly, not to six decimals
  const hits = Math.round(accuracy * n)
  return {
    procedure: asPublished,
    encoder: encoder.key,
    encoder_digest: null,
    blocks: encoder.blocks,
    probe: "perceptron",
    selection: "as-published",
    tap: encoder.tap.replace("*", String(layer)),
    token,
    source,
    task,
    target,
    layer,
    measure: measureOf({ source, target }),
    plain_accuracy: hits / n,
    ...wilsonInterval(hits, n),
    n_scored: n,
    classes
  }
}
