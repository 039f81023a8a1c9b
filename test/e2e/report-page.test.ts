/** A report in a real browser: what a reader sees is what the tables say, and the page asks nobody for anything. */
import * as path from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { browserPath, launchBrowser, openPage } from "./browser.ts"
import { fixtures, makeRig, type Rig, small } from "./cli.ts"

if (browserPath === null)
  console.warn("skipped: no Chromium on the PATH; `apt-get install chromium`, or set CHROMIUM to one")

const numberIn = (text: string) => Number(text.replace("−", "-"))

describe.skipIf(browserPath === null)("the report of a run", () => {
  let rig: Rig
  let browser: Browser
  let report: string
  beforeAll(async () => {
    rig = makeRig()
    report = rig.at("report.html")
    const run = await rig.cli(
      "run",
      small,
      "-S",
      "taps=block.*.resid_post",
      "-S",
      "scenes=60",
      "--report",
      report
    )
    expect(run.code, run.stderr).toBe(0)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rig.remove()
  })

  it.each([
    [400, false],
    [400, true],
    [1600, false],
    [1600, true]
  ])("fits a window of %i pixels (dark: %s), without a message or a request", async (width, dark) => {
    const { page, faults, close } = await openPage(browser, report, { width, dark })
    const seen = await page.evaluate<{ wide: number; ground: string; scales: Array<number> }>(`({
      wide: document.documentElement.scrollWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      // of pictures: below .7 their text could not be read
      scales: [...document.querySelectorAll("figure svg")].map(
        (svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)
    })`)
    expect(seen.wide).toBe(width)
    expect(seen.ground).toBe(dark ? "rgb(21, 24, 28)" : "rgb(255, 255, 255)")
    expect(seen.scales.length).toBeGreaterThan(2)
    for (const scale of seen.scales) expect(scale).toBeGreaterThan(0.7)
    expect(faults).toEqual([])
    await close()
  })

  it("draws each accuracy at its place on the axis, and tells it as the table does", async () => {
    const { document: listed } = await rig.json("show", "@1:measures", "--rows", "1000")
    const expected = new Map<string, number>(
      listed.first
        .filter(
          (row: any) => row.measure === "A_ss" && row.probe === "logistic" && row.balanced_accuracy !== null
        )
        .map((row: any) => [`${row.encoder}, ${row.token}, ${row.tap}`, row.balanced_accuracy])
    )
    const { page, faults, close } = await openPage(browser, report)
    const points = await page.evaluate<ReadonlyArray<{ text: string; y: number }>>(`
      [...document.querySelectorAll("#figure-accuracy svg path > title")]
        .filter((title) => title.textContent.includes(": A_ss "))
        .map((title) => {
          const box = title.parentElement.getBoundingClientRect()
          return { text: title.textContent, y: box.top + box.height / 2 }
        })`)
    const drawn = points.map(({ text, y }) => {
      const [, name, value] = /^(.*): A_ss (−?[.\d]+)/.exec(text)!
      return { name: name!, value: numberIn(value!), y }
    })
    expect(new Set(drawn.map(({ name }) => name))).toEqual(new Set(expected.keys()))
    for (const { name, value } of drawn) expect(Math.abs(value - expected.get(name)!)).toBeLessThan(0.00051)
    // one scale for all: the place is a linear function of the value
    const low = drawn.reduce((a, b) => (b.value < a.value ? b : a))
    const high = drawn.reduce((a, b) => (b.value > a.value ? b : a))
    expect(high.value).toBeGreaterThan(low.value)
    for (const { name, y } of drawn) {
      const share =
        (expected.get(name)! - expected.get(low.name)!) / (expected.get(high.name)! - expected.get(low.name)!)
      // triangles are not centred in their boxes
      expect(Math.abs(y - (low.y + share * (high.y - low.y)))).toBeLessThan(3)
    }
    expect(faults).toEqual([])
    await close()
  })

  it("has the figure's data in a table that sorts by mouse and keyboard", async () => {
    const { page, faults, close } = await openPage(browser, report)
    const figure = page.locator("#figure-accuracy")
    await figure.getByText(/^The data: /).click()
    const table = figure.locator("table")
    const column = async () => {
      const names = await table.locator("th").allInnerTexts()
      const at = names.findIndex((name) => name.startsWith("accuracy"))
      return (await table.locator(`tbody tr td:nth-child(${at + 1})`).allInnerTexts()).map(Number)
    }
    const before = (await column()).filter((value) => !Number.isNaN(value))
    const button = table.getByRole("button", { name: "accuracy" })
    await button.click()
    expect((await column()).filter((value) => !Number.isNaN(value))).toEqual(before.toSorted((a, b) => a - b))
    await button.focus()
    await page.keyboard.press("Enter")
    expect((await column()).filter((value) => !Number.isNaN(value))).toEqual(before.toSorted((a, b) => b - a))
    expect(await table.locator("th[aria-sort=descending]").count()).toBe(1)
    expect(faults).toEqual([])
    await close()
  })

  it("leads from a figure to how its numbers came about, and gives every picture a name", async () => {
    const { page, faults, close } = await openPage(browser, report)
    await page.locator("#figure-accuracy").getByRole("link", { name: "measures" }).click()
    const details = page.locator("details#node-measures")
    expect(await details.getAttribute("open")).not.toBeNull()
    expect(await details.innerText()).toMatch(/artifact\s+[0-9a-f]{64}/)
    const pictures = page.locator("figure svg[role=img]")
    for (let i = 0; i < (await pictures.count()); i++) {
      const [title, description] = (await pictures.nth(i).getAttribute("aria-labelledby"))!.split(" ")
      expect(await page.locator(`[id="${title}"]`).count()).toBe(1)
      expect((await page.locator(`[id="${description}"]`).textContent())!.length).toBeGreaterThan(20)
    }
    const ids = await page.evaluate<ReadonlyArray<string>>(
      `[...document.querySelectorAll("[id]")].map(({ id }) => id)`
    )
    expect(ids.length).toBe(new Set(ids).size)
    expect(faults).toEqual([])
    await close()
  })

  it("shows a run whose names and errors are markup as text, and runs none of it", async () => {
    const failed = rig.at("failed.html")
    const drawing = path.join(fixtures, "drawing.ts")
    await rig.cli("run", drawing, "-S", "broken=2", "--report", failed)
    const { page, faults, close } = await openPage(browser, failed, { width: 400 })
    expect(await page.locator("#failed").innerText()).toBe("What failed")
    expect(await page.getByRole("cell", { name: "<b>2</b>" }).count()).toBe(1)
    expect(await page.locator("main b, main i, main u").count()).toBe(0)
    expect(faults).toEqual([])
    await close()
  })
})
