/** What a run left out, as a figure: a bar for each node, kind of thing and reason. */
import type { Figure, FigureRow } from "../pipeline/figures.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import { count } from "../support/numbers.ts"
import { clipped, oneLine } from "../support/plain-text.ts"

/** More bars than this are in the table alone. */
const mostBars = 40

/** Below all others if the total is not known. */
const shareOf = ({ count: lost, total }: Group): number => (total === null || total === 0 ? -1 : lost / total)

/** From the records of a run's nodes, the largest shares first. */
export function leftOutFigure(nodes: ReadonlyArray<Pick<NodeRecord, "id" | "stage" | "losses">>): Figure {
  const rows = groupsOf(nodes)
    .sort((a, b) => shareOf(b) - shareOf(a) || b.count - a.count)
    .map(({ nodes: ids, ...losses }, i): FigureRow => {
      const name = ids.length === 1 ? ids[0]! : `${ids[0]} + ${ids.length - 1} more`
      const row = { node: ids.join(", "), ...losses, name }
      const of = row.total === null ? count(row.count) : `${count(row.count)} of ${count(row.total)}`
      return {
        ...row,
        share: row.total === null || row.total === 0 ? null : row.count / row.total,
        // the place keeps bars of equal names apart, and in order
        label: `${i}|${clipped(`${row.name}: ${oneLine(row.what)}`, 70)}`,
        text: `${row.node}: ${of} ${oneLine(row.what)}: ${oneLine(row.reason)}`,
        number: `${of}: ${clipped(oneLine(row.reason), 70)}`
      }
    })
  const drawn = rows.slice(0, mostBars)
  const y = {
    field: "label",
    type: "nominal",
    sort: null,
    title: null,
    axis: {
      labelExpr: "slice(datum.value, indexof(datum.value, '|') + 1)",
      labelLimit: 420,
      ticks: false,
      domain: false
    }
  }
  return {
    id: "left-out",
    title: "Shares left out, by node and reason",
    alt: drawn.map(({ text }) => `${String(text)}.`).join(" ") || "nothing was left out",
    spec: {
      transform: [{ filter: `toNumber(slice(datum.label, 0, indexof(datum.label, '|'))) < ${mostBars}` }],
      width: 620,
      height: { step: 20 },
      layer: [
        {
          mark: { type: "bar", color: "#d55e00", opacity: 0.35, height: { band: 0.8 } },
          encoding: {
            y,
            x: {
              field: "share",
              type: "quantitative",
              title: null,
              scale: { domain: [0, 1] },
              axis: { format: ".0%", tickCount: 5 }
            },
            description: { field: "text" }
          }
        },
        {
          mark: { type: "text", align: "left", x: 4, fontSize: 10.5, aria: false },
          encoding: { y, text: { field: "number" } }
        }
      ]
    },
    rows,
    note:
      rows.length === 0
        ? "nothing was left out"
        : `A text without a bar counts things of which the total is not known.${rows.length > mostBars ? ` The largest ${mostBars} of ${rows.length}.` : ""}`
  }
}

interface Group {
  readonly nodes: Array<string>
  readonly stage: string
  readonly what: string
  readonly reason: string
  readonly count: number
  readonly total: number | null
}
/** Nodes of one stage that left out as many things for one reason share a row, such as those of four encoders. */
function groupsOf(nodes: ReadonlyArray<Pick<NodeRecord, "id" | "stage" | "losses">>): Array<Group> {
  const groups = new Map<string, Group>()
  for (const { id, stage, losses = [] } of nodes)
    for (const { what, reason, count: n, total } of losses) {
      const key = JSON.stringify([stage, what, reason, n, total])
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { nodes: [id], stage, what, reason, count: n, total })
      else group.nodes.push(id)
    }
  return [...groups.values()]
}
