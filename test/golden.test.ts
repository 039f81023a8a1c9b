/** Shipped stages' code digests are pinned: a change here makes users' artifacts stale, and has to be said. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { expect, it } from "vitest"

const root = resolve(import.meta.dirname, "..")
const json = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as Record<string, unknown>

it("the build's stage codes are those that are pinned (node tools/stage-codes.mjs --write, and an entry under Invalidating changes)", () => {
  const { stages } = json("dist/stage-codes.json") as { stages: Record<string, { digest: string }> }
  const built = Object.fromEntries(Object.entries(stages).map(([name, { digest }]) => [name, digest]))
  expect(built).toEqual(json("test/golden/stage-codes.json"))
})
