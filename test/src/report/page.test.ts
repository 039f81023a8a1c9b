/** Pages hold text from anywhere without becoming anything else. */
import { createHash } from "node:crypto"
import { expect, it } from "vitest"
import type { Graph, GraphNode } from "../../../src/pipeline/graph.ts"
import type { AnyStage } from "../../../src/pipeline/stage.ts"
import { dagPicture } from "../../../src/report/dag-picture.ts"
import { dataTable } from "../../../src/report/data-table.ts"
import { anchorOf, htmlOf, markup } from "../../../src/report/html.ts"
import { leftOutFigure } from "../../../src/report/left-out.ts"
import { pageHtml } from "../../../src/report/page.ts"
import { nodeRecord } from "../cli/records.ts"

const hostile = `</script><img src=x onerror="alert('1')">&\u0000\ud800`

const page = (body = markup``) =>
  pageHtml({
    title: hostile,
    head: markup`<p>${hostile}</p>`,
    sections: [{ id: "s", title: hostile, body }],
    foot: markup``
  })

it("escapes what enters it", () => {
  const text = page(
    dataTable({ caption: hostile, columns: [hostile], rows: [[hostile]], docs: { [hostile]: hostile } })
  )
  expect(text).not.toContain("<img")
  expect(text).not.toMatch(/(?![\n\r\t])\p{Cc}|\p{Cs}/u)
  expect(text.match(/<script>/g)).toHaveLength(1)
  expect(htmlOf(markup`${[1, null, "<"]}${markup`<b>`}`)).toBe("1&lt;<b>")
})

it("allows its own style and script alone", () => {
  const text = page()
  const digest = (tag: string) =>
    createHash("sha256")
      .update(new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)![1]!)
      .digest("base64")
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!.replaceAll("&#39;", "'")
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain(`script-src 'sha256-${digest("script")}'`)
  expect(policy).toContain(`style-src 'sha256-${digest("style")}'`)
})

it("anchors of different names differ", () => {
  const names = ["a/b", "a_b", "a b", "a.b", "ä"]
  expect(new Set(names.map((name) => anchorOf("node", name))).size).toBe(names.length)
  for (const name of names) expect(anchorOf("node", name)).toMatch(/^[\w.-]+$/)
})

it("counts the rows that a table leaves out, and keeps numbers sortable", () => {
  const text = htmlOf(
    dataTable({
      caption: "c",
      columns: ["x", "y"],
      rows: [
        [0.123456, "−.5 ±.1"],
        [null, ".25"],
        [3, "1"]
      ],
      most: 2,
      rest: "elsewhere"
    })
  )
  expect(text).toContain('<td class="number" data-value="0.123456">0.1235</td>')
  expect(text).toContain('<td class="number">−.5 ±.1</td>')
  expect(text).toContain("1 more rows: elsewhere")
})

it("draws a box for the nodes of a stage on a level, with their states, and each edge that no other way implies", () => {
  // scenes → a → b → total, a → total, and c beside a
  const stage = (name: string) => ({ name }) as AnyStage
  const node = (id: string, name: string, ...inputs: ReadonlyArray<GraphNode>) =>
    ({ id, stage: stage(name), inputs }) as unknown as GraphNode
  const scenes = node("scenes", "source")
  const a = node("half/a", "half", scenes)
  const c = node("half/c", "half", scenes)
  const b = node("half/b", "half", a)
  const total = node("total", "total", a, b, c)
  const graph = { nodes: [scenes, a, c, b, total] } as unknown as Graph
  const text = htmlOf(
    dagPicture(graph, [
      nodeRecord("scenes", { status: "cached" }),
      nodeRecord("half/a"),
      nodeRecord("half/c", { status: "failed" })
    ])
  )
  const titles = [...text.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title)
  expect(titles).toEqual([
    "scenes: source, cached",
    "half/a, half/c: half, 1 failed, 1 executed",
    "half/b: half, skipped",
    "total: total, skipped"
  ])
  expect(text).toContain("half/… × 2")
  expect(text.match(/class="edge"/g)).toHaveLength(3)
})

it("draws what was left out, the nodes of one stage that lost as much in one bar", () => {
  const lost = { what: "objects", reason: "no patch", count: 3, total: 12, examples: [] }
  const figure = leftOutFigure([
    nodeRecord("masks/vit", { losses: [lost] }),
    nodeRecord("masks/clip", { losses: [lost, { ...lost, count: 5, total: null }] })
  ])
  expect(figure.rows).toMatchObject([
    { node: "masks/vit, masks/clip", count: 3, total: 12, share: 0.25 },
    // the total is not known
    { node: "masks/clip", count: 5, total: null, share: null }
  ])
  expect(leftOutFigure([nodeRecord("masks/vit")])).toMatchObject({ rows: [], note: "nothing was left out" })
})
