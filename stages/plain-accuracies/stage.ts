/** `plain-accuracies`: the share of correct predictions of each fit, with a binomial interval, as the paper reports it. */
import { defineStage, many, table } from "../../src/index.ts"
import { wilsonInterval } from "../statistics/binomial.ts"
import { fitColumns, lacksExamples } from "../tables/fits.ts"
import { asPublished, type PlainAccuracy, plainAccuracyColumns } from "../tables/plain-accuracies.ts"
import { measureOf } from "../tables/questions.ts"
import { eachRow, pickColumns } from "../tables/readers.ts"

const read = [
  "encoder",
  "encoder_digest",
  "blocks",
  "probe",
  "selection",
  "tap",
  "token",
  "source",
  "task",
  "target",
  "classes",
  "label",
  "predicted",
  "undefined_because"
] as const

export const plainAccuracies = defineStage.whole("plain-accuracies", {
  doc: "the share of correct predictions of each fit, with a binomial interval, as the paper reports it",
  inputs: { fits: many(pickColumns(fitColumns, ...read)) },
  output: table(plainAccuracyColumns),
  rowKey: ["encoder", "probe", "selection", "tap", "token", "source", "task", "target"],
  losses: async function* ({ inputs }) {
    yield { what: "fits", reason: null, count: 0, verb: "scored" }
    for (const fits of inputs.fits)
      for await (const fit of eachRow(fits, "undefined_because"))
        yield { what: "fits", reason: fit.undefined_because, verb: "scored" }
  },
  compute: async function* ({ fits }) {
    for (const one of fits)
      for await (const { label, predicted, undefined_because, ...name } of eachRow(one, ...read)) {
        if (lacksExamples({ undefined_because })) continue
        const n = label.length as number
        const hits = label.reduce(
          (count: number, right: string, i: number) => count + (predicted[i] === right ? 1 : 0),
          0
        ) as number
        yield rowOf(name as FitOfAccuracy, hits, n)
      }
  }
})

type FitOfAccuracy = Pick<
  PlainAccuracy,
  | "encoder"
  | "encoder_digest"
  | "blocks"
  | "probe"
  | "selection"
  | "tap"
  | "token"
  | "source"
  | "task"
  | "target"
  | "classes"
>

function rowOf(fit: FitOfAccuracy, hits: number, n: number): PlainAccuracy {
  const block = /^block\.(\d{1,6})\.resid_post$/.exec(fit.tap)?.[1]
  return {
    procedure: asPublished,
    encoder: fit.encoder,
    encoder_digest: fit.encoder_digest,
    blocks: fit.blocks,
    probe: fit.probe,
    selection: fit.selection,
    tap: fit.tap,
    token: fit.token,
    source: fit.source,
    task: fit.task,
    target: fit.target,
    layer: block === undefined ? null : Number(block),
    measure: measureOf(fit),
    ...(n === 0
      ? { plain_accuracy: null, low: null, high: null }
      : { plain_accuracy: hits / n, ...wilsonInterval(hits, n) }),
    n_scored: n,
    classes: fit.classes
  }
}
