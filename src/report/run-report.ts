/** A run as one self-contained page: its figures, tables, what was left out, and how every number came about. */
import { outputSummaries } from "../inspect/hooks.ts"
import type { Summary } from "../pipeline/figures.ts"
import type { Opened } from "../project/open-pipeline.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { labelsOf } from "../store/runs/labels.ts"
import type { Store } from "../store/store.ts"
import { count, counted, duration, shortDigest } from "../support/numbers.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { dagPicture } from "./dag-picture.ts"
import { dataTable } from "./data-table.ts"
import { figureSections } from "./figure-sections.ts"
import { anchorOf, type Html, markup } from "./html.ts"
import { failedSection, leftOutTable } from "./losses-section.ts"
import { nodeSection } from "./node-details.ts"
import { pageHtml, type Section } from "./page.ts"
import { figuresOfRun, type NamedFigure } from "./run-figures.ts"

export interface Report {
  readonly html: string
  /** what the page could not show, and why */
  readonly problems: ReadonlyArray<Problem>
}
interface ReportOf {
  readonly store: Store
  /** as it is: see `runAsItIs` */
  readonly run: RunRecord
  /** the run's pipeline, or why it cannot be opened: the page then has what the run's record says */
  readonly pipeline: Opened | Problem
  readonly version: string
}

/** Never throws for a run that failed, is partial or has no measures: the page says so. */
export async function runReport({ store, run, pipeline, version }: ReportOf): Promise<Report> {
  const opened = isProblem(pipeline) ? null : pipeline
  const { figures, problems: undrawn } = await figuresOfRun(opened, run)
  const summaries = await summariesOf(opened, run)
  const problems = [...(isProblem(pipeline) ? [pipeline] : []), ...undrawn, ...summaries.problems]
  const [leftOut, results] = [
    figures.filter(({ node }) => node === null),
    figures.filter(({ node }) => node !== null)
  ]
  const drawn = await figureSections([...results, ...leftOut], originOf)
  const sections: ReadonlyArray<Section | null> = [
    failedSection(run),
    {
      id: "results",
      title: "Results",
      body: markup`${problems.map(problemNotice)}
${summaries.tables.length === 0 && results.length === 0 ? markup`<p class="notice">${noResults(run, problems)}</p>` : null}
${summaries.tables.map(summaryTable)}
${drawn.slice(0, results.length)}`
    },
    {
      id: "left-out",
      title: "What was left out, and why",
      body: markup`${drawn.slice(results.length)}${leftOutTable(run)}`
    },
    {
      id: "made",
      title: "How it was made",
      body: markup`${opened === null ? null : dagPicture(opened.graph, run.nodes)}
${nodeSection(store, run, opened?.graph ?? null)}`
    },
    { id: "parameters", title: "Parameters", body: parameterTable(run, opened) },
    { id: "environment", title: "Environment", body: environment(run, version) }
  ]
  const html = pageHtml({
    title: titleOf(store, run),
    head: headOf(store, run),
    sections: sections.filter((section) => section !== null),
    foot: markup`Made by Probeline ${version} from run ${run.id}. Nothing on this page was loaded from elsewhere.`
  })
  return { html, problems }
}

async function summariesOf(
  opened: Opened | null,
  run: RunRecord
): Promise<{ readonly tables: ReadonlyArray<Summary>; readonly problems: ReadonlyArray<Problem> }> {
  if (opened === null) return { tables: [], problems: [] }
  try {
    return { tables: await outputSummaries(opened, run), problems: [] }
  } catch (error) {
    if (!isProblem(error)) throw error
    return { tables: [], problems: [error] }
  }
}

function noResults(run: RunRecord, problems: ReadonlyArray<Problem>): string {
  if (problems.length > 0) return "No results can be shown: see above."
  const outputs = new Set(Object.values(run.outputs).flat())
  const isMade = run.nodes.some(({ id, artifact }) => outputs.has(id) && artifact !== null)
  return isMade
    ? "The stages of the outputs neither sum up nor draw their results."
    : "The run made no output of the pipeline: below is what it did make."
}

const problemNotice = ({ message, hint }: Problem): Html =>
  markup`<p class="notice">${message}${hint === null ? null : markup`<br><span class="muted">${hint}</span>`}</p>`

const summaryTable = ({ title, columns, rows, docs }: Summary): Html =>
  dataTable({ caption: title, columns, rows, ...(docs === undefined ? {} : { docs }) })

/** What a figure's numbers were made from: a link to the node's details. */
const originOf = ({ node, artifact }: NamedFigure): Html | null =>
  node === null
    ? null
    : markup`<p class="small muted">From <a href="#${anchorOf("node", node)}">${node}</a>, artifact <code>${shortDigest(artifact ?? "")}</code></p>`

const titleOf = (store: Store, run: RunRecord): string => {
  const { name } = labelsOf(store, run.id)
  return name === null ? run.pipeline : `${run.pipeline}: ${name}`
}

/** `2026-11-29 09:49 UTC` */
const minute = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`

function headOf(store: Store, run: RunRecord): Html {
  const { note } = labelsOf(store, run.id)
  const took =
    run.finished === null ? null : duration((Date.parse(run.finished) - Date.parse(run.started)) / 1000)
  const statuses = (["executed", "cached", "failed", "skipped"] as const).flatMap((status) => {
    const n = run.nodes.filter((node) => node.status === status).length
    return n === 0 ? [] : [`${count(n)} ${status}`]
  })
  const partial = [...new Set(run.nodes.flatMap((node) => node.partial))]
  const incomplete = run.nodes.filter((node) => node.incomplete)
  return markup`<p><span class="state ${run.status}">${run.status}</span> <span class="muted">run ${run.id}, started ${minute(run.started)}${took === null ? null : `, took ${took}`}; ${statuses.join(", ")}</span></p>
${note === null ? null : markup`<p>${note}</p>`}
${run.stopped === undefined ? null : markup`<p class="notice failed">Stopped: ${run.stopped.reason}${run.stopped.hint === null ? null : ` (${run.stopped.hint})`}</p>`}
${run.status === "running" ? markup`<p class="notice">The run has not finished: this page shows what it had made so far.</p>` : null}
${run.targets === undefined ? null : markup`<p class="notice">Only part of the pipeline: ${run.targets.join(", ")} and what they need.</p>`}
${partial.map((reason) => markup`<p class="notice">Partial: ${reason}</p>`)}
${incomplete.length === 0 ? null : markup`<p class="notice">Incomplete: ${counted(incomplete.length, "node")} omit failed items and anything derived from them.</p>`}`
}

function parameterTable(run: RunRecord, opened: Opened | null): Html {
  const rows = Object.entries(run.params).map(([name, value]) => {
    const declared =
      opened !== null && Object.hasOwn(opened.declared, name) ? opened.declared[name]!.options : {}
    return [name, JSON.stringify(value), JSON.stringify(declared.default ?? null), declared.doc ?? null]
  })
  if (rows.length === 0) return markup`<p>The pipeline has no parameters.</p>`
  return dataTable({
    caption: "Parameters of the pipeline",
    columns: ["parameter", "value", "default", "meaning"],
    rows
  })
}

function environment(run: RunRecord, version: string): Html {
  const facts: ReadonlyArray<readonly [string, string | null]> = [
    ["pipeline file", run.file],
    ["run", run.id],
    ["Probeline of the run", run.version],
    ["Probeline of this page", version],
    ["host", run.process?.host ?? null],
    ["started", run.started],
    ["finished", run.finished]
  ]
  return markup`<dl>${facts.map(([name, value]) => (value === null ? null : markup`<dt>${name}</dt><dd>${value}</dd>`))}</dl>
<p class="small muted">What computed each artifact, and with which versions, is in its details under “How it was made”.</p>`
}
