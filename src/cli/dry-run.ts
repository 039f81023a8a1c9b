/** `run --dry-run`: what would run and why. */
import { recordedFailures } from "../store/records/run-record.ts"
import { changeLines, leftLine } from "./change-lines.ts"
import { cueLine } from "./cue-line.ts"
import type { ItemChanges } from "../plan/item-changes.ts"
import type { NodePlan } from "../plan/node-plan.ts"
import type { Paint, Style } from "../support/colour.ts"
import { type Forecast, forecast } from "../plan/forecast.ts"
import { type ItemCounts, itemCounts } from "../inspect/item-counts.ts"
import { idColumnOf } from "../plan/node-preimage.ts"
import { totals } from "./status.ts"
import { oneLine, widthOf } from "../support/plain-text.ts"
import type { Opened } from "../project/open-pipeline.ts"

/** A node's `status` is the expected outcome of the run; `state` and `cues` say why. */
export function dryRunJson(
  { name, file, params }: Pick<Opened, "name" | "file" | "params">,
  plans: ReadonlyArray<NodePlan>,
  keepGoing: boolean
) {
  const forecasts = forecast(plans, keepGoing)
  const items = itemCounts(plans)
  return {
    run: null,
    pipeline: name,
    status: "planned" as const,
    nodes: plans.map(({ node, state, known, key, cues, failure, failures }) => {
      const { status, certain, why } = forecasts.get(node.id)!
      const { total, fresh, failed } = items.get(node.id)!
      return {
        id: node.id,
        stage: node.stage.name,
        status,
        items: { total, executed: 0, cached: fresh ?? 0, failed },
        artifact: known?.manifest.digest ?? null,
        bytes: known?.manifest.bytes ?? null,
        seconds: null,
        key,
        error: why,
        state,
        certain,
        cues,
        failures: recordedFailures(failure, failures),
        incomplete: known?.incomplete ?? false,
        partial: known?.partial ?? []
      }
    }),
    file,
    params
  }
}

/** Gives the same reasons as `why`. @param changes by node id */
export function dryRunText(
  pipeline: string,
  plans: ReadonlyArray<NodePlan>,
  changes: ReadonlyMap<string, ReadonlyArray<ItemChanges>>,
  keepGoing: boolean,
  paint: Paint
): string {
  const forecasts = forecast(plans, keepGoing)
  const items = itemCounts(plans)
  const width = Math.max(...plans.map(({ node }) => widthOf(node.id)))
  const blocks = plans.map((plan) => {
    const { node } = plan
    const its = forecasts.get(node.id)!
    const [word, style] = wordOf(its)
    const reasons =
      its.why === null ? reasonsOf(plan, changes.get(node.id) ?? [], items.get(node.id)!) : [its.why]
    const margin = " ".repeat(width + 12)
    const [first = "", ...others] = reasons.map(oneLine)
    return [
      `${node.id.padEnd(width)}  ${paint(style, word)}${" ".repeat(10 - word.length)}${first}`,
      ...others.map((reason) => margin + reason)
    ]
      .map((line) => line.trimEnd())
      .join("\n")
  })
  return [...blocks, "", `${pipeline}: ${totals(forecasts)} (dry run: nothing was run)`].join("\n")
}

const reasonsOf = (
  { node, state, cues, items }: NodePlan,
  changes: ReadonlyArray<ItemChanges>,
  { total }: ItemCounts
) => {
  const kind = idColumnOf(node)
  return [
    ...cues.map((cue) => cueLine(cue, { node: node.id, state })),
    ...changeLines(changes),
    ...(items === null ? [] : [leftLine({ left: items.left.length, total: items.ids.length }, kind)]),
    ...(state === "unknown" && total !== null && node.form !== "table"
      ? [leftLine({ left: null, total }, kind)]
      : [])
  ]
}

function wordOf({ status, certain }: Forecast): readonly [string, Style] {
  switch (status) {
    case "executed":
      return certain ? ["run", "yellow"] : ["may run", "dim"]
    case "cached":
      return ["fresh", "green"]
    case "failed":
      return ["failed", "red"]
    case "skipped":
      return ["skip", "dim"]
  }
}
