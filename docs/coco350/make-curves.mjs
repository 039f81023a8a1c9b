/**
 * Draws the curves of a run of pipelines/coco.ts: balanced accuracy by tap, one line per token, with 95 % intervals.
 *
 *     node docs/coco350/make-curves.mjs artifacts/runs/latest/measures.parquet
 *
 * writes curves.csv and curves.svg beside this file.
 */
import { existsSync, writeFileSync } from "node:fs"
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet"
import * as vega from "vega"
import { compile } from "vega-lite"

const [, , measures] = process.argv
if (measures === undefined) refuse("usage: node docs/coco350/make-curves.mjs MEASURES.parquet")
if (!existsSync(measures))
  refuse(
    `there is no ${measures}: a run of pipelines/coco.ts writes it when it comes to its end.`,
    "probeline runs lists the runs; another's is artifacts/runs/RUN/measures.parquet"
  )
const here = (name) => new URL(name, import.meta.url)

// a run that asks about presence has those rows, too
const all = (await readMeasures()).filter((row) => row.target === undefined || row.target === "category")
if (!["probe", "token", "tap", "balanced_accuracy"].every((name) => Object.hasOwn(all[0] ?? {}, name)))
  refuse(`${measures} has no measures: name the table that \`aggregate\` made`)
const taps = [...new Set(all.map((row) => row.tap))]
const rows = all.map((row) => ({
  probe: row.probe,
  token: row.token,
  tap: row.tap,
  position: taps.indexOf(row.tap),
  balanced_accuracy: row.balanced_accuracy,
  low: row.low,
  high: row.high,
  chance: row.chance,
  n: row.n
}))
const columns = ["probe", "token", "tap", "balanced_accuracy", "low", "high", "chance", "n"]
const cell = (value) =>
  value === null ? "" : typeof value === "number" && !Number.isInteger(value) ? value.toFixed(4) : value
writeFileSync(
  here("curves.csv"),
  `${[columns, ...rows.map((row) => columns.map((name) => cell(row[name])))].map((line) => line.join(",")).join("\n")}\n`
)

const x = {
  field: "position",
  type: "ordinal",
  title: "tap",
  axis: {
    labelAngle: -45,
    labelExpr: `${JSON.stringify(taps.map((tap) => tap.replace(".resid_post", "")))}[datum.value]`
  }
}
const colour = {
  field: "token",
  type: "nominal",
  sort: ["avg_obj", "random_obj", "random", "cls"],
  legend: { symbolOpacity: 1 }
}
const spec = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  data: { values: rows.filter((row) => row.balanced_accuracy !== null) },
  facet: {
    column: {
      field: "probe",
      type: "nominal",
      title: null,
      header: { labelFontSize: 13, labelFontWeight: "bold" }
    }
  },
  spec: {
    width: 330,
    height: 260,
    layer: [
      {
        mark: { type: "area", opacity: 0.15 },
        encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" }, color: colour }
      },
      {
        mark: { type: "line", point: { size: 25 } },
        encoding: {
          x,
          y: {
            field: "balanced_accuracy",
            type: "quantitative",
            title: "balanced accuracy",
            scale: { domain: [0, 0.7] }
          },
          color: colour
        }
      },
      {
        mark: { type: "rule", strokeDash: [4, 4], color: "#888" },
        encoding: { y: { aggregate: "mean", field: "chance", type: "quantitative" } }
      }
    ]
  },
  config: { background: "white", view: { stroke: "#ccc" }, axis: { grid: true, gridColor: "#eee" } }
}
const view = new vega.View(vega.parse(compile(spec).spec), { renderer: "none" })
writeFileSync(here("curves.svg"), `${await view.toSVG()}\n`)
console.log(`${rows.length} points, ${taps.length} taps`)

async function readMeasures() {
  try {
    return await parquetReadObjects({ file: await asyncBufferFromFile(measures) })
  } catch (error) {
    refuse(`${measures} is no Parquet file that can be read: ${error.message}`)
  }
}

function refuse(...lines) {
  console.error(lines.join("\n"))
  process.exit(2)
}
