/** What docs/stages.md says of stages of one's own: its example runs as it stands, and its tables leave nothing out. */
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { column, param } from "../../src/index.ts"
import { makeRig, type Rig } from "./cli.ts"
import { executed, nodeOf } from "./look.ts"

const page = fs.readFileSync(fileURLToPath(new URL("../../docs/stages.md", import.meta.url)), "utf8")
const example = /```ts\n([\s\S]*?)```/.exec(page)![1]!

let rig: Rig
beforeAll(() => {
  rig = makeRig()
  rig.write("words.ts", example)
})
afterAll(() => rig.remove())

describe("the example", () => {
  it("runs, fails the line without words, and sums up the others", async () => {
    rig.write("text.txt", "one two three\n\nfour\n")
    const { code, stdout } = await rig.cli("run", "words.ts", "-k")
    expect(code).toBe(1)
    expect(stdout).toMatch(/lines +words\n.*2 +4\n +lines +those that did not fail/s)
    const { document } = await rig.json("show", "@1:lengths", "line-2")
    expect(document.rows).toEqual([expect.objectContaining({ line: "line-2", words: 1 })])
  })
  it("computes one line again when one was changed", async () => {
    rig.write("text.txt", "one two three\nand a line\nfour\n")
    const { code, document } = await rig.json("run", "words.ts")
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["lines", "lengths", "total"])
    expect(nodeOf(document, "lengths")).toMatchObject({ items: { executed: 1, cached: 2 } })
  })
})

describe("the tables", () => {
  it.each(Object.keys(column))("have column.%s", (name) => expect(page).toContain(`column.${name}(`))
  it.each(Object.keys(param))("have param.%s", (name) =>
    expect(page).toMatch(new RegExp(`param\\.${name}\\b`))
  )
})
