/** Draws the figures of a page, as many as its size allows. */
import { isProblem } from "../support/problem.ts"
import { drawFigure, type Drawing } from "./draw-figure.ts"
import { figureSection } from "./figure-section.ts"
import type { Html } from "./html.ts"
import type { NamedFigure } from "./run-figures.ts"

/** Characters that figures and their data may take: with the rest, a page stays under 5 MB. */
const mostCharacters = 3_500_000
/** Rows of data shown of a figure that gets little room. */
const fewRows = 50

/** One section per figure, in their order. @param originOf what to say about the source of a figure's numbers */
export async function figureSections(
  figures: ReadonlyArray<NamedFigure>,
  originOf: (figure: NamedFigure) => Html | null,
  most = mostCharacters
): Promise<ReadonlyArray<Html>> {
  let left = most
  const sections: Array<Html> = []
  for (const one of figures) {
    const { name, figure } = one
    const { drawing, why } = left > 0 ? await drawn(one) : noRoom
    const shown = { name, figure, drawing, why, origin: originOf(one) }
    const choices = [
      () => figureSection(shown),
      () => figureSection({ ...shown, mostRows: fewRows }),
      () => figureSection({ ...shown, ...noRoom, mostRows: fewRows })
    ]
    const section = choices.map((choose) => choose()).find(({ html }) => html.length <= left) ?? choices[2]!()
    left -= section.html.length
    sections.push(section)
  }
  return sections
}

const noRoom = {
  drawing: null,
  why: "the page would become too large; `probeline plot` draws it"
}

async function drawn({
  name,
  figure
}: NamedFigure): Promise<{ readonly drawing: Drawing | null; readonly why: string | null }> {
  if (figure.rows.length === 0) return { drawing: null, why: figure.note ?? "it has no data" }
  try {
    return { drawing: await drawFigure(figure, { alone: false, prefix: name }), why: null }
  } catch (error) {
    if (!isProblem(error)) throw error
    return { drawing: null, why: error.message }
  }
}
