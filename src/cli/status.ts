/** `status`: shows the state of each node. It reads manifests and traces, and runs nothing. */
import { recordedFailures } from "../store/records/run-record.ts"
import { attemptAsync } from "../run/attempt.ts"
import type { NodePlan, State } from "../plan/node-plan.ts"
import { planAll } from "../plan/plan.ts"
import type { Paint, Style } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { cueLine } from "./cue-line.ts"
import { type Forecast, forecast } from "../plan/forecast.ts"
import { type ItemCounts, itemCounts } from "../inspect/item-counts.ts"
import { bytes, count } from "../support/numbers.ts"
import { openPipeline } from "../project/open-pipeline.ts"
import { clipped, oneLine, printable } from "../support/plain-text.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { type TableCell, textTable } from "../support/text-table.ts"

const staleCode = 3

export const statusCommand = defineCommand({
  name: "status",
  doc: "show what is fresh and what would run",
  positionals: [pipelineWord],
  options: { ...setOption, check: { kind: "flag", doc: "exit with code 3 if anything would run" } },
  examples: [
    ["status pipelines/quickstart.ts", "one row per node"],
    ["status pipelines/quickstart.ts --check", "for scripts: exit code 3 if anything would run"]
  ],
  run: ({ pipeline, set, check }, { output, json, store }) =>
    attemptAsync(async (signal) => {
      const opened = await openPipeline(pipeline, { set, store, force: [], retryFailed: false })
      const plans = await planAll(opened.graph.nodes, opened.planning, { signal })
      const forecasts = forecast(plans, false)
      if (json) output.out(JSON.stringify(statusJson(opened.name, plans, forecasts)))
      else output.out(statusText(opened.name, plans, forecasts, output.paint, output.width))
      return check ? checkCode(forecasts) : 0
    })
})

/** 3 if anything would run, 1 if only failures remain. */
export const checkCode = (forecasts: ReadonlyMap<string, Forecast>): number => {
  const statuses = new Set([...forecasts.values()].map(({ status }) => status))
  return statuses.has("executed") ? staleCode : statuses.has("failed") ? 1 : 0
}

export function statusJson(
  pipeline: string,
  plans: ReadonlyArray<NodePlan>,
  forecasts: ReadonlyMap<string, Forecast>
) {
  const items = itemCounts(plans)
  return {
    pipeline,
    nodes: plans.map(({ node, state, trace, known, cues, failure, failures }) => ({
      id: node.id,
      stage: node.stage.name,
      state,
      items: items.get(node.id)!,
      artifact: known?.manifest.digest ?? null,
      bytes: known?.manifest.bytes ?? null,
      incomplete: known?.incomplete ?? false,
      partial: known?.partial ?? [],
      accepted: trace?.accepted ?? null,
      would: forecasts.get(node.id)!.status,
      cues,
      failures: recordedFailures(failure, failures)
    }))
  }
}

export function statusText(
  pipeline: string,
  plans: ReadonlyArray<NodePlan>,
  forecasts: ReadonlyMap<string, Forecast>,
  paint: Paint,
  width: number
): string {
  const items = itemCounts(plans)
  const rows = plans.map((plan): ReadonlyArray<TableCell> => {
    const { node, state, trace, known } = plan
    const { why } = forecasts.get(node.id)!
    return [
      node.id,
      {
        text: [
          state,
          ...(known?.incomplete === true && state === "fresh" ? ["incomplete"] : []),
          ...(trace?.accepted === undefined ? [] : ["accepted"])
        ].join(", "),
        style: stateStyle[state]
      },
      itemsText(items.get(node.id)!),
      known === null ? "–" : bytes(known.manifest.bytes),
      { text: clipped(because(plan, why), Math.max(40, width - 50)), style: "dim" }
    ]
  })
  const partial = [...new Set(plans.flatMap(({ known }) => known?.partial ?? []))]
  return [
    textTable(["node", "state", "items", "size", ""], rows, { paint }),
    ...partial.map((reason) => `${paint("yellow", "partial:")} ${printable(reason)}`),
    "",
    `${pipeline}: ${totals(forecasts)}`
  ].join("\n")
}

export const stateStyle: Readonly<Record<State, Style>> = {
  fresh: "green",
  stale: "yellow",
  missing: "yellow",
  unknown: "dim",
  failed: "red"
}

function itemsText({ total, fresh, failed }: ItemCounts): string {
  if (total === null) return "–"
  const bad = failed === null || failed === 0 ? "" : `, ${count(failed)} failed`
  return fresh !== null && fresh > 0 && fresh < total
    ? `${count(fresh)} of ${count(total)} done${bad}`
    : `${count(total)}${bad}`
}

/** The first reason, and the number of others. */
function because({ node, state, cues }: NodePlan, why: string | null): string {
  if (why !== null) return why
  const [first, ...others] = state === "fresh" ? [] : cues.filter(({ cue }) => cue !== "fresh")
  if (first === undefined) return ""
  const more = others.length === 0 ? "" : ` (and ${count(others.length)} more)`
  return `${oneLine(cueLine(first, { node: node.id, state }))}${more}`
}

/** `2 would run, 3 may run, 4 are fresh` */
export function totals(forecasts: ReadonlyMap<string, Forecast>): string {
  const all = [...forecasts.values()]
  const some = (n: number, what: string) => (n === 0 ? [] : [`${count(n)} ${what}`])
  const of = (status: Forecast["status"], certain: boolean) =>
    all.filter((one) => one.status === status && one.certain === certain).length
  const fresh = of("cached", true) + of("cached", false)
  const refused = all.filter(({ status, why }) => status === "failed" && why !== null).length
  const parts = [
    ...some(of("executed", true), "would run"),
    ...some(of("executed", false), "may run after that"),
    ...some(refused, "would fail"),
    ...some(of("failed", true) - refused, "failed before (--retry-failed retries)"),
    ...some(of("skipped", true), "would be skipped"),
    ...some(fresh, fresh === 1 ? "is fresh" : "are fresh")
  ]
  return fresh === all.length ? "everything is fresh" : parts.join(", ")
}
