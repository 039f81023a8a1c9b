/** A page stays small whatever there is to draw. */
import { expect, it } from "vitest"
import type { Figure } from "../../../src/pipeline/figures.ts"
import { figureSections } from "../../../src/report/figure-sections.ts"
import { htmlOf } from "../../../src/report/html.ts"

const figure = (id: string, some: Partial<Figure> = {}): Figure => ({
  id,
  title: id,
  alt: "points",
  spec: {
    width: 100,
    height: 50,
    mark: "point",
    encoding: { x: { field: "a", type: "quantitative" }, y: { field: "a", type: "quantitative" } }
  },
  rows: Array.from({ length: 200 }, (_, a) => ({ a, b: a })),
  ...some
})
const sections = async (figures: ReadonlyArray<Figure>, most?: number) => {
  const named = figures.map((one) => ({ name: one.id, node: null, artifact: null, figure: one }))
  return (await figureSections(named, () => null, most)).map(htmlOf)
}

it("draws what fits, then shows less of the data, then none of the picture, and says so", async () => {
  const all = ["a", "b", "c"].map((id) => figure(id))
  const [whole] = await sections(all)
  expect(whole).toContain("<svg")
  expect(whole).not.toContain("more rows")
  const [first, second, third] = await sections(all, whole!.length * 2 - 2000)
  expect(first).toBe(whole)
  expect(second).toContain("<svg")
  expect(second).toContain("150 more rows: probeline plot RUN --figure b -o b.csv writes them all")
  expect(third).not.toContain("<svg")
  expect(third).toContain("Not drawn: the page would become too large")
})

it("says why a figure is not drawn, and goes on with the others", async () => {
  const wrong = figure("wrong", { spec: { mark: "nothing-such" } })
  const empty = figure("empty", { rows: [], note: "nothing is defined" })
  const [one, two, three] = await sections([wrong, empty, figure("good")])
  expect(one).toContain("Not drawn: cannot draw figure &quot;wrong&quot;")
  expect(two).toContain("Not drawn: nothing is defined")
  expect(three).toContain("<svg")
})
