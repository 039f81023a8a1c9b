/** What a run prints of questions about single objects or whole images: a line per fit. */
import type { MeasureRow } from "../tables/measures.ts"
import {
  accuracyText,
  docsOf,
  figure,
  figureOrBlank,
  isLimit,
  type PrintedColumn,
  printed,
  varying
} from "./figures.ts"

export function questionSummary(rows: ReadonlyArray<MeasureRow>) {
  const columns: ReadonlyArray<PrintedColumn<MeasureRow>> = [
    { name: "encoder", cell: ({ encoder }) => encoder },
    ...varying(rows, {
      name: "selection",
      doc: "how masks became patches",
      cell: ({ selection }) => selection
    }),
    { name: "tap", cell: ({ tap }) => tap },
    { name: "token", doc: docsOf.token, cell: ({ token }) => token },
    ...(hasSourcesOfOneToken(rows)
      ? [{ name: "source", doc: "what the token stands for", cell: ({ source }: MeasureRow) => source }]
      : []),
    {
      name: "target",
      doc: "the question",
      cell: ({ target, task }) => (task === null ? target : `${target} ${task}`)
    },
    {
      name: "accuracy",
      doc: "mean recall over the labels, out of fold, ± 95 % over seeds and folds (Nadeau and Bengio 2003)",
      cell: (row) => accuracyText(row)
    },
    { name: "chance", doc: "the best constant answer", cell: ({ chance }) => figureOrBlank(chance) },
    ...(rows.some(({ ceiling }) => isLimit(ceiling))
      ? [
          {
            name: "ceiling",
            doc: "the best that any one vector of an image could reach: it gives one answer to all questions",
            cell: ({ ceiling }: MeasureRow) => (isLimit(ceiling) ? figure(ceiling) : "")
          }
        ]
      : []),
    { name: "n", doc: "examples", cell: ({ n_scored }) => n_scored },
    { name: "images", doc: docsOf.images, cell: ({ images }) => images },
    { name: "classes", cell: ({ classes }) => classes }
  ]
  return printed(columns, rows)
}

/** `avg_obj` may be of an object or of the background. */
function hasSourcesOfOneToken(rows: ReadonlyArray<MeasureRow>): boolean {
  const sources = new Map<string, string>()
  for (const { token, source } of rows) {
    if ((sources.get(token) ?? source) !== source) return true
    sources.set(token, source)
  }
  return false
}
