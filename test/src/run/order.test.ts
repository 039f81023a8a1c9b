/** The order of a source's items is no input of itemwise stages: it costs them nothing, and all that reads them follows it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, many, one, table, whole } from "../../../src/index.ts"
import { seededRandom, shuffled } from "../../../src/support/random.ts"
import type { FileSystem } from "../../../src/store/files/file-system.ts"
import { memorySource } from "../../../src/store/format/bytes.ts"
import { openTable } from "../../../src/store/format/parquet-read.ts"
import { viewOf } from "../../../src/store/runs/view.ts"
import { quick, storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { coarse, Lab, numbers, spread } from "./lab.ts"

const activations = defineStage.itemwise("activations", {
  inputs: { of: each({ a: column.float64() }) },
  output: one({ taps: column.tensors("token") }),
  chunk: 3,
  compute: (items) => items.map(({ of: { a } }) => ({ taps: { last: Float32Array.of(a, -a) } }))
})
const listed = defineStage.whole("listed", {
  inputs: { plain: many({ a: column.float64() }), taps: whole({ taps: column.tensors("token") }) },
  output: table({ name: column.utf8(), a: column.float64(), tap: column.float64() }),
  compute: async ({ plain, taps }) => {
    const { data } = await taps.tensor("taps", "last")
    const batches: Array<{ name: string; a: number }> = []
    for await (const { item, a } of plain[0]!.batches("a"))
      item.forEach((id, i) => batches.push({ name: id, a: a[i]! }))
    const { item, a } = await plain[0]!.read("a")
    expect(batches).toEqual(item.map((id, i) => ({ name: id, a: a[i] })))
    return batches.map((row, i) => ({ ...row, tap: data[2 * i]! }))
  }
})

const count = 120
const items = Array.from({ length: count }, (_, i) => [`i${i}`, [i, i % 5] as const] as const)
const orders: Readonly<Record<string, typeof items>> = {
  reversed: items.toReversed(),
  shuffled: shuffled(seededRandom("order"), items)
}

let lab: Lab
beforeEach(() => void (lab = new Lab()))
afterEach(() => lab.close())

function run(of: typeof items, files: (files: FileSystem) => FileSystem = quick) {
  const source = numbers("source", { file: { path: lab.writeItems(Object.fromEntries(of)) } })
  const plain = coarse("plain", { of: source, step: 1 })
  const rows = spread("rows", { of: source })
  const taps = activations("taps", { of: source })
  return lab.run(lab.graph({ rows, list: listed("list", { plain: [plain], taps }) }), { files })
}
const itemwise = ["plain", "rows", "taps"]

describe.each(Object.keys(orders))("a source whose items come %s", (order) => {
  it("computes no item again, and every artifact follows the order", async () => {
    await run(items)
    const { run: again } = await run(orders[order]!)
    const node = (id: string) => again.nodes.find((one) => one.id === id)!
    for (const id of itemwise)
      expect(node(id).items, id).toEqual({ total: count, executed: 0, cached: count, failed: 0 })

    const held = async (id: string) => heldIn(storeOf(lab), node(id).artifact!)
    const ids = orders[order]!.map(([id]) => id)
    for (const id of itemwise)
      expect(
        (await held(id)).items!.map(([item]) => item),
        id
      ).toEqual(ids)
    expect((await held("rows")).rows.map(({ value }) => value)).toEqual(
      orders[order]!.flatMap(([, [, b]]) => Array.from({ length: b % 3 }, (_, i) => b + i))
    )
    expect((await held("list")).rows).toEqual(orders[order]!.map(([name, [a]]) => ({ name, a, tap: a })))
    const view = readFileSync(join(storeOf(lab).root, viewOf(again.id, "plain")))
    expect(await openTable(memorySource(view)).items()).toEqual(ids)
  })

  it("gives the artifacts that it gives to a store that has seen no other order", async () => {
    await run(items)
    const { run: again } = await run(orders[order]!)
    lab.close()
    lab = new Lab()
    const { run: first } = await run(orders[order]!)
    expect(again.nodes.map(({ artifact }) => artifact)).toEqual(first.nodes.map(({ artifact }) => artifact))
  })
})

describe("a shard is not read for each of its items", () => {
  // each item has rows, and no two nodes have equal ones: no two shards are one object, however chunks are cut
  const filled = items.map(([id, [a]]) => [id, [a, 2 + 3 * (a % 2)]] as const)

  it("when all come in another order", async () => {
    await run(filled)
    expect(await mostReads(filled.toReversed())).toBeLessThanOrEqual(3)
    expect(await mostReads(shuffled(seededRandom("order"), filled))).toBeLessThanOrEqual(3)
  })
  it("when it has eight, and the others have one each", async () => {
    for (let count = 8; count <= 16; count++) await run(filled.slice(0, count))
    expect(await mostReads(filled.slice(0, 16).toReversed())).toBeLessThanOrEqual(3)
  })
})

/** How often a run reads the table that it reads most often: once for its view, and twice for the stage that lists it. */
async function mostReads(of: typeof items): Promise<number> {
  const reads = new Map<string, number>()
  await run(of, (files) => ({
    ...quick(files),
    readIfPresent: (path) => {
      if (path.endsWith(".parquet")) reads.set(path, (reads.get(path) ?? 0) + 1)
      return files.readIfPresent(path)
    }
  }))
  return Math.max(...reads.values())
}
