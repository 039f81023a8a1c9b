/** Pictures hold what their rows say, and nothing from elsewhere. */
import { expect, it } from "vitest"
import { checkFigures, type Figure } from "../../../src/pipeline/figures.ts"
import { drawFigure } from "../../../src/report/draw-figure.ts"
import { figureCsv } from "../../../src/report/figure-csv.ts"
import { problemOf } from "../problem-of.ts"

const point = { x: { field: "a", type: "quantitative" }, y: { field: "b", type: "quantitative" } }
const figure = (some: Partial<Figure> = {}): Figure => ({
  id: "line",
  title: "A <line>",
  alt: 'from "1" to 3',
  spec: { width: 100, height: 50, mark: "point", encoding: { ...point, description: { field: "text" } } },
  rows: [
    { a: 0, b: 1, text: "first & low" },
    { a: 5, b: 2, text: "second" },
    { a: 10, b: 4, text: "third" }
  ],
  ...some
})
const svgOf = async (some: Partial<Figure> = {}) =>
  (await drawFigure(figure(some), { alone: true, prefix: "p" })).svg

it("places marks where the rows say, names their values, and has a title and a description", async () => {
  const svg = await svgOf()
  const marks = [...svg.matchAll(/transform="translate\(([\d.]+),([\d.]+)\)"[^>]*><title>([^<]*)<\/title>/g)]
  expect(marks.map(([, x, y, text]) => [Number(x), Number(y), text])).toEqual([
    [0, 37.5, "first &amp; low"],
    [50, 25, "second"],
    [100, 0, "third"]
  ])
  expect(svg).toContain('<title id="p-title">A &lt;line&gt;</title>')
  expect(svg).toContain('<desc id="p-desc">from &quot;1&quot; to 3</desc>')
  expect(svg).toContain('role="img" aria-labelledby="p-title p-desc"')
  for (const id of svg.matchAll(/ id="([^"]+)"/g)) expect(id[1]).toMatch(/^p-/)
  expect(svg).not.toMatch(/ style=| on[a-z]+=|<script/)
})

it("draws the same bytes each time", async () => {
  expect(await svgOf()).toBe(await svgOf())
})

it("loads and links to nothing", async () => {
  for (const url of ["http://localhost/x.png", "file:///etc/passwd"]) {
    const image = { mark: { type: "image", url, width: 9, height: 9 }, encoding: point }
    expect(await svgOf({ spec: image })).not.toContain(url)
    const linked = { mark: { type: "point", href: url }, encoding: point }
    expect(await svgOf({ spec: linked })).not.toContain(url)
  }
})

it("names the figure that Vega refuses", async () => {
  const problem = await problemOf(() => svgOf({ spec: { mark: "nothing-such", encoding: point } }))
  expect(problem).toMatchObject({ _tag: "OutputInvalid", field: "line" })
})

it("writes its data as CSV, numbers in full, without the texts of its marks", () => {
  expect(
    figureCsv({
      rows: [
        { a: 0.1, b: null, text: "t" },
        { a: 2, b: 'x,"y"', c: true }
      ]
    })
  ).toBe('a,b,c\n0.1,,\n2,"x,""y""",true\n')
})

it("refuses figures that it could not draw or name", () => {
  const refused = (some: object) => () => checkFigures([{ ...figure(), ...some }])
  expect(refused({ id: "../up" })).toThrow(/`id`/)
  expect(refused({ alt: "" })).toThrow(/`alt`/)
  expect(refused({ spec: "point" })).toThrow(/`spec`/)
  expect(refused({ rows: [{ a: NaN }] })).toThrow(/finite numbers/)
  expect(refused({ rows: [] })).toThrow(/`note`/)
  expect(() => checkFigures([figure(), figure()])).toThrow(/two have the id "line"/)
  expect(() => checkFigures(figure())).toThrow(/a list/)
  expect(checkFigures([figure()])).toHaveLength(1)
})
