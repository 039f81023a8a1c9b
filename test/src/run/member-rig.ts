/** The small world of the tests of member ports: three numbers, a family of tensors made from them, and how to run it. */
import { column, each, member, whole } from "../../../src/index.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { type Items, type Lab, numbers, taps } from "./lab.ts"

const items: Items = { i0: [1, 1], i1: [2, 1], i2: [5, 1] }

/** Each node is made in the lab that `lab` gives at the time. */
export const memberWorld = (lab: () => Lab) => {
  const source = (of = items) => numbers("source", { file: { path: lab().writeItems(of) } })
  return {
    source,
    run: async (outputs: Readonly<Record<string, AnyRef>>, jobs = 1) =>
      (await lab().run(lab().graph(outputs), { jobs, keepGoing: true })).run,
    tapsOf: (names: ReadonlyArray<string>, of = items) =>
      taps("taps", { of: source(of), members: names.map((name, i) => ({ name, times: i + 1 })) })
  }
}

/** The ports of a stage that reads the member that its item names. */
export const memberInputs = {
  rows: whole({ b: column.float64() }),
  fit: each({ name: column.utf8() }),
  x: member("x", { of: "rows", by: "fit.name" })
}
