import { expect, it } from "vitest"
import { InputList } from "../../../src/diff/input-list.ts"
import { nodeRecord } from "../cli/records.ts"

const change = { before: false, after: true }
const pair = (id: string, b: string | null = "b".repeat(64)) => ({
  id,
  a: nodeRecord(id, { artifact: "a".repeat(64) }),
  b: nodeRecord(id, { artifact: b })
})
const cue = (name: string) => ({ cue: "parameter" as const, path: `params.${name}`, ...change })

it("gives a node's parameter to the pipeline's of its name where several changed alike", () => {
  const list = new InputList([
    { param: "deep", ...change },
    { param: "flag", ...change }
  ])
  list.add(cue("flag"), pair("n"))
  list.add(cue("other"), pair("m"))
  const [deep, flag, other] = list.inputs(true)
  expect(deep).toMatchObject({ path: "deep", nodes: [], effect: null })
  expect(flag).toMatchObject({ path: "flag", nodes: ["n"], as: ["flag of n"], effect: true })
  expect(other).toMatchObject({ cue: "parameter", path: "params.other", nodes: ["m"] })
})

it("gives it to the only one that changed alike, whatever its name", () => {
  const list = new InputList([{ param: "deep", ...change }])
  list.add(cue("flag"), pair("n"))
  expect(list.inputs(true)).toMatchObject([{ path: "deep", nodes: ["n"], as: ["flag of n"] }])
})

it("does not know the effect on a node that a side did not make", () => {
  const list = new InputList([])
  list.add(cue("flag"), pair("n", null))
  expect(list.inputs(true)[0]!.effect).toBeNull()
})
