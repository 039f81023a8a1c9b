/** `plot`: draws the figures of a run or an artifact. */
import * as path from "node:path"
import { attemptAsync } from "../run/attempt.ts"
import { openRun, runWith } from "../project/open-run.ts"
import { openStore } from "../project/open-store.ts"
import { type Referred, resolveReference } from "../project/reference.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { bytes } from "../support/numbers.ts"
import { didYouMean, Problem, usage } from "../support/problem.ts"
import { textTable } from "../support/text-table.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { referenceDoc } from "./shared-options.ts"
import type { NamedFigure, RunFigures } from "../report/run-figures.ts"

export const plotCommand = defineCommand({
  name: "plot",
  doc: "draw the figures of a run or an artifact",
  positionals: [{ name: "ref", arity: "one", doc: referenceDoc }],
  options: {
    output: {
      kind: "text",
      alias: "o",
      value: "FILE",
      doc: "file to write: .svg, .png, .html, or .csv for the data; each of several figures to FILE-<figure>"
    },
    figure: { kind: "text", value: "ID", doc: "only this figure (default: all of them)" },
    overwrite: { kind: "flag", doc: "overwrite an existing file" }
  },
  examples: [
    ["plot @1", "list the figures of the most recent run"],
    ["plot @1 --figure accuracy -o accuracy.svg", "one figure"],
    ["plot latest:measures -o figures.html", "all figures of an artifact in one page"],
    ["plot @1 --figure accuracy -o accuracy.csv", "what the figure draws, as numbers"]
  ],
  run: ({ ref, output: to, figure: id, overwrite }, context) =>
    attemptAsync(async () => {
      const { output, json } = context
      const { run, only, label } = runOf(resolveReference(openStore(context.store), ref), ref)
      const format = to === null ? null : await formatOf(to)
      const found = await figuresOf(context, run, only)
      for (const problem of found.problems)
        output.err(`${output.errPaint("yellow", "warning:")} ${problem.message}`)
      const figures = id === null ? found.figures : [chosen(found, id, ref)]
      if (figures.length === 0) throw noFigures(found, ref)
      if (to === null || format === null) {
        output.out(
          json
            ? JSON.stringify({ figures: figures.map(figureJson), files: [] })
            : listText(figures, ref, context)
        )
        return 0
      }
      const drawn = id === null ? figures.filter(({ figure }) => figure.rows.length > 0) : figures
      for (const { name, figure } of figures)
        if (id === null && figure.rows.length === 0) output.err(`${name}: nothing to draw: ${figure.note}`)
      if (drawn.length === 0) throw noFigures(found, ref)
      const { writeFigures } = await import("../report/plot.ts")
      const files = await writeFigures(drawn, { to, format, overwrite, of: label })
      if (json) output.out(JSON.stringify({ figures: figures.map(figureJson), files }))
      else for (const { path: file, bytes: size } of files) output.out(`${file}: ${bytes(size)}`)
      return 0
    })
})

async function formatOf(to: string) {
  const { plotFormats } = await import("../report/plot.ts")
  const ending = path.extname(to).slice(1).toLowerCase()
  const format = plotFormats.find((one) => one === ending)
  if (format === undefined)
    throw usage(
      `cannot tell the format from the extension of ${to}`,
      "--output",
      `use .${plotFormats.join(", .")}`
    )
  return format
}

async function figuresOf(context: CommandContext, run: RunRecord, only: string | null): Promise<RunFigures> {
  const opened = await openRun(openStore(context.store), run)
  const { figuresOfRun } = await import("../report/run-figures.ts")
  return figuresOfRun(opened, run, only)
}

/** The run whose pipeline draws it, and the node that is drawn; null for all nodes. @throws Problem ArtifactNotFound */
function runOf(referred: Referred, ref: string) {
  if (referred.kind === "run") return { run: referred.run, only: null, label: `run ${referred.run.id}` }
  const { store, manifest, run, node } = referred
  if (run !== null && node !== null) return { run, only: node.id, label: `${node.id} of run ${run.id}` }
  const found = runWith(store, manifest.digest)
  if (found === null)
    throw new Problem("ArtifactNotFound", `no recent run has the artifact ${ref}, so no stage can draw it`, {
      field: ref,
      hint: "name a run and its node: @1:measures"
    })
  return { run: found.run, only: found.node.id, label: `${found.node.id} of run ${found.run.id}` }
}

function chosen({ figures, problems }: RunFigures, id: string, ref: string): NamedFigure {
  const names = figures.map(({ name }) => name)
  const found = figures.find(({ name }) => name === id)
  if (found !== undefined) return found
  if (problems.length > 0) throw problems[0]!
  throw usage(
    `${ref} has no figure "${id}"`,
    "--figure",
    didYouMean(id, names) ?? (names.length === 0 ? "it has none" : `it has: ${names.join(", ")}`)
  )
}

const noFigures = ({ problems }: RunFigures, ref: string): Problem =>
  problems[0] ??
  new Problem("Usage", `${ref} has no figures`, {
    field: ref,
    hint: "a stage declares how its artifact is drawn with `figures`; `aggregate` does"
  })

const figureJson = ({ name, node, figure }: NamedFigure) => ({
  id: name,
  node,
  title: figure.title,
  alt: figure.alt,
  note: figure.note ?? null,
  rows: figure.rows.length
})

function listText(
  figures: ReadonlyArray<NamedFigure>,
  ref: string,
  { output: { paint } }: CommandContext
): string {
  const rows = figures.map(({ name, node, figure }) => [
    { text: name, style: "bold" as const },
    node ?? "–",
    figure.rows.length,
    { lines: [figure.rows.length === 0 ? `nothing to draw: ${figure.note}` : figure.title] }
  ])
  const { name } = figures.find(({ figure }) => figure.rows.length > 0) ?? figures[0]!
  return [
    textTable(["figure", "node", "rows", "shows"], rows, { paint }),
    "",
    `to draw one: probeline plot ${ref} --figure ${name} -o ${name}.svg (or .png, .html; .csv for the data)`
  ].join("\n")
}
