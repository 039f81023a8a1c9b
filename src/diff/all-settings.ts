/** The thresholds and tolerances of a diff, checked against what the pipelines of its sides declare. */
import type { OpenedRuns } from "./opened-runs.ts"
import { checkNames, checkRanges, type Settings, settingsOf } from "./settings.ts"
import type { Sides } from "./sides.ts"

/** Those of the command line over those of the pipeline file of b, if it loads; else of a. */
export async function allSettings({ a, b }: Sides, given: Settings, opened: OpenedRuns): Promise<Settings> {
  const graphs = []
  for (const { run, store } of [b, a]) {
    const its = run === null ? null : (await opened.of(run, store)).opened
    if (its !== null) graphs.push(its)
  }
  const nodes = graphs.flatMap(({ graph }) => graph.nodes)
  const thresholds = new Set(nodes.flatMap(({ stage }) => Object.keys(stage.spec.compare?.thresholds ?? {})))
  const columns = new Set(["*", ...nodes.flatMap((node) => Object.keys(node.columns))])
  for (const side of [a, b])
    if (side.kind === "artifact") for (const name of Object.keys(side.manifest.columns)) columns.add(name)
  checkNames(Object.keys(given.thresholds), thresholds, "threshold", null)
  // of a tensor family, a member by its name: family/member
  const column = (name: string) => (columns.has(name) ? name : name.replace(/\/.*/s, ""))
  if (columns.size > 1) checkNames(Object.keys(given.tolerance).map(column), columns, "column", null)
  const declared = nodes.flatMap(({ stage }) => Object.entries(stage.spec.compare?.thresholds ?? {}))
  checkRanges(given.thresholds, declared, null)
  const [first] = graphs
  if (first === undefined) return given
  const set = settingsOf(first.diff, first.file)
  checkNames(Object.keys(set.thresholds), thresholds, "threshold", first.file)
  checkRanges(set.thresholds, declared, first.file)
  checkNames(Object.keys(set.tolerance).map(column), columns, "column", first.file)
  return {
    thresholds: { ...set.thresholds, ...given.thresholds },
    tolerance: { ...set.tolerance, ...given.tolerance }
  }
}
