/** Names of `Object.prototype`, wherever the command line and its pipelines take a name: right to the end, or refused. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { full } from "../full.ts"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { executed, expectRefusal, nodeOf, statuses } from "./look.ts"

const pipeline = path.join(fixtures, "names.ts")
const names = Object.getOwnPropertyNames(Object.prototype)
/** Of each kind one: the accessor, a function that makes objects, a method, one with underscores. The others are like these. */
const kinds = full ? names : ["__proto__", "constructor", "valueOf", "__defineGetter__"]
const columns = names.filter((name) => /^[a-z]/i.test(name))
let rig: Rig
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  first = await rig.json("run", pipeline)
}, 60_000)
afterAll(() => rig.remove())
const sumOfNumbers = (names.length * (names.length - 1)) / 2

describe("a pipeline whose names are all those of Object.prototype", () => {
  it("runs to its end, in workers too, and is fresh then", async () => {
    expect(first.code, first.stderr).toBe(0)
    expect(Object.keys(statuses(first.document))).toEqual([
      "constructor",
      "__proto__",
      "valueof",
      "hasownproperty"
    ])
    expect(nodeOf(first.document, "constructor").items.total).toBe(names.length)
    const { document } = await rig.json("run", pipeline)
    expect(executed(document)).toEqual([])
    expect((await rig.json("status", pipeline, "--check")).code).toBe(0)
  })

  it("keeps every item, column, tap and JSON value under its own name", async () => {
    const { document, stderr } = await rig.json("show", "latest:__proto__", "--rows", "100")
    expect(document.tensors.map(({ member }: any) => member)).toEqual(names)
    expect(document.first.map((row: any) => row.name)).toEqual(names)
    for (const row of document.first) {
      const id: string = row.name
      expect(columns.map((name) => row[name])).toEqual(columns.map((name) => `${name} of ${id}`))
      expect(Object.entries(row.data)).toContainEqual([id, names.indexOf(id)])
      expect(Object.entries(row.data.deep[0])).toEqual([[id, "in"]])
    }
    const one = await rig.json("show", "latest:__proto__", "__proto__")
    expect(one.document.rows, stderr).toEqual([document.first[names.indexOf("__proto__")]])
  })

  it.each(kinds)("exports the tensor %s", async (tap) => {
    const npy = rig.at(`tap-${tap}.npy`)
    const argv = ["export", "latest:__proto__", "--format", "npy", "--tap", tap, "-o", npy]
    const { code, stderr } = await rig.cli(...argv)
    expect(code, stderr).toBe(0)
    const values = new Float32Array(new Uint8Array(fs.readFileSync(npy).subarray(128)).buffer)
    expect([...values]).toEqual(names.flatMap((_, i) => [i, names.indexOf(tap)]))
  })

  it("reads every column and tensor in a whole stage, and sums up", async () => {
    const csv = rig.at("sums.csv")
    const { code, stderr } = await rig.cli("export", "latest:hasownproperty", "--format", "csv", "-o", csv)
    expect(code, stderr).toBe(0)
    const lines = fs.readFileSync(csv, "utf8").trimEnd().split("\n").slice(1)
    const texts = (name: string) =>
      columns.includes(name)
        ? `"${JSON.stringify(names.map((id) => `${name} of ${id}`)).replaceAll('"', '""')}"`
        : ""
    expect(lines).toEqual([
      ...names.map((name, k) => `${name},${texts(name)},${k * names.length}`),
      `all,,${2 * names.length * sumOfNumbers}`
    ])
    expect(first.stderr).not.toMatch(/native code|\[object/)
    const { stdout } = await rig.cli("run", pipeline)
    expect(stdout).toMatch(/__proto__ +of the tap/)
    expect(stdout).not.toContain("native code")
  })

  it("takes -S for each, and says which have changed", async () => {
    const set = names.flatMap((name, i) => ["-S", `${name}=${100 + i}`])
    const why = await rig.json("why", pipeline, "constructor", ...set)
    expect(
      why.document.cues.map(({ path, before, after }: any) => [path, before, after]),
      why.stderr
    ).toEqual(
      names.map((name, i) => [`params.numbers.${name}`, i, 100 + i]).sort(([a], [b]) => (a! < b! ? -1 : 1))
    )
    const { document } = await rig.json("dag", pipeline, ...set, "--format", "json")
    expect(document.params.map(({ name, value }: any) => [name, value])).toEqual(
      names.map((name, i) => [name, 100 + i])
    )
    const wrong = await rig.json("run", pipeline, ...names.flatMap((name) => ["-S", `${name}=x`]))
    expectRefusal(wrong, {
      code: 2,
      tag: "ParameterInvalid",
      says: names.map((name) => `${name}: expected a number`)
    })
  })
})

describe("names that stand for nothing", () => {
  const plain = path.join(fixtures, "small.ts")
  it("are no parameters", async () => {
    const ended = await rig.json("run", plain, ...names.flatMap((name) => ["-S", `${name}=1`]))
    const says = names.map((name) => `there is no parameter "${name}"`)
    expectRefusal(ended, { code: 2, tag: "ParameterInvalid", says })
  })
  it.each(kinds)("%s is no node, run, command, option, choice or column", async (name) => {
    const refused = async (tag: string, ...argv: ReadonlyArray<string>) => {
      const ended = await rig.json(...argv)
      expect(ended.document.error?.tag, `${argv.join(" ")}\n${ended.stderr}`).toBe(tag)
      expect(ended.code).toBe(2)
      expect(ended.stderr).not.toMatch(/native code|is not a function|undefined|\[object/)
    }
    const npy = rig.at("no.npy")
    const column = name === "valueOf" ? "toString" : name
    await Promise.all([
      refused("NodeNotFound", "run", plain, name),
      refused("RunNotFound", "show", `${name}:constructor`),
      refused("Usage", name),
      refused("Usage", "encoders", name),
      refused("Usage", "run", plain, `--${name}`),
      refused("Usage", "dag", plain, "--format", name),
      refused("Usage", "export", "latest:valueof", "--format", "npy", "--column", column, "-o", npy)
    ])
  })
})
