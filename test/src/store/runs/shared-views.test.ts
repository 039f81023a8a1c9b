/** Runs of many nodes show the views of an earlier run, and lose them to nobody. */
import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { file } from "../../../../src/index.ts"
import { sharedFrom } from "../../../../src/store/runs/shared-views.ts"
import { viewOf } from "../../../../src/store/runs/view.ts"
import { Lab, numbers, total } from "../../run/lab.ts"
import { age, gc, quick, storeOf } from "../gc/worlds.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

const node = (i: number) => `totals/${i}`
/** Many nodes that share one trace: what is slow about them are their views. */
function manyNodes(count = sharedFrom) {
  const lab = new Lab()
  labs.push(lab)
  const items = file(lab.writeItems({ one: [1, 2], two: [3, 4] }))
  /** `more` makes another node, of an artifact that no other run has. */
  const graph = (more: number) => {
    const source = numbers("source", { file: items })
    const all = Array.from({ length: count }, (_, i) => total(node(i), { of: [source] }))
    if (more > 0) all.push(total("more", { of: Array.from({ length: more + 1 }, () => source) }))
    return lab.graph(Object.fromEntries(all.map((one, i) => [String(i), one])))
  }
  const run = async (more = 0) => (await lab.run(graph(more), { files: quick })).run
  const bytes = (run: string, i: number) => readFileSync(join(storeOf(lab).root, viewOf(run, node(i))))
  const isOwn = (run: string) => !lstatSync(join(storeOf(lab).layout.run(run), "totals")).isSymbolicLink()
  return { lab, run, bytes, isOwn }
}

describe("a run in which nothing has changed", () => {
  it("shows the views of the run before, as those do", async () => {
    const { run, bytes, isOwn } = manyNodes()
    const [first, second, third] = [await run(), await run(), await run()]
    expect([first, second, third].map(({ views }) => views)).toEqual([undefined, first.id, first.id])
    expect([first, second, third].map(({ id }) => isOwn(id))).toEqual([true, false, false])
    for (const i of [0, sharedFrom - 1]) expect(bytes(third.id, i)).toEqual(bytes(first.id, i))
    expect(readdirSync(join(labs[0]!.folder, "store", "runs", "latest"))).toContain("totals")
  })

  it("has views of its own where there are few", async () => {
    const { run, isOwn } = manyNodes(20)
    const runs = [await run(), await run()]
    expect(runs.map(({ id, views }) => [isOwn(id), views])).toEqual([
      [true, undefined],
      [true, undefined]
    ])
  })

  it("has views of its own where those of the run before are gone", async () => {
    const { lab, run, bytes, isOwn } = manyNodes()
    const first = await run()
    const before = bytes(first.id, 7)
    rmSync(join(storeOf(lab).layout.run(first.id), "totals"), { recursive: true })
    const second = await run()
    expect(isOwn(second.id)).toBe(true)
    expect(bytes(second.id, 7)).toEqual(before)
    rmSync(storeOf(lab).layout.run(first.id), { recursive: true })
    expect((await run()).views).toBe(second.id)
  })
})

it("gc keeps the run whose views a kept run shows, and takes it when no kept run does", async () => {
  const { lab, run, bytes } = manyNodes()
  const store = storeOf(lab)
  const first = await run()
  const other = await run(1)
  const again = await run()
  expect(again.views).toBe(first.id)
  age(store)
  const kept = Object.fromEntries(gc(store, { keep: 1 }).runs.map(({ id, keptFor }) => [id, keptFor]))
  expect(kept).toEqual({ [again.id]: "recent", [other.id]: "recent", [first.id]: "shown" })
  expect(bytes(again.id, 3)).toEqual(bytes(first.id, 3))
  await run(2)
  age(store)
  gc(store, { keep: 1 })
  expect(readdirSync(store.layout.runs)).not.toContain(first.id)
})
