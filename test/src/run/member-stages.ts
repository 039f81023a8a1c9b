/** Stages of the laboratory that make a family of tensors, list its members, and fit each of them by itself. */
import { column, defineStage, each, member, memberNames, one, param, whole } from "../../../src/index.ts"

export interface MemberOfTaps {
  readonly name: string
  /** each row's `a` times this is the member's value there */
  readonly times: number
}

/** A family `x` with the members that its parameter names, one float a row. */
export const taps = defineStage.itemwise("taps", {
  inputs: { of: each({ a: column.float64() }) },
  params: { members: param.list(param.struct({ name: param.text(), times: param.number() })) },
  output: one({ b: column.float64(), x: column.tensors("one") }),
  chunk: 2,
  compute: (items, { params: { members } }) =>
    items.map(({ of: { a } }) => ({
      b: a % 3,
      x: Object.fromEntries(members.map(({ name, times }) => [name, Float32Array.of(a * times)]))
    }))
})
/** Makes an item for each member, and for each name that it is told beside. */
export const fits = defineStage.whole("fits", {
  item: "fit",
  inputs: { names: memberNames("x") },
  params: { absent: param.list(param.text(), { default: [] }) },
  output: one({ name: column.utf8() }),
  compute: async function* ({ names }, { absent }) {
    for (const name of [...names, ...absent]) yield { id: `fit ${name}`, name }
  }
})
/** Reads the member that its item names, and the column beside it. */
export const fitted = defineStage.itemwise("fitted", {
  inputs: {
    rows: whole({ b: column.float64() }),
    fit: each({ name: column.utf8() }),
    x: member("x", { of: "rows", by: "fit.name" })
  },
  output: one({ a: column.float64(), b: column.float64() }),
  compute: async (items, { rows }) => {
    const { b } = await rows.read("b")
    return Promise.all(
      items.map(async ({ x }) => ({
        a: (await x.read()).reduce((sum, value, row) => sum + value * b[row]!, 0),
        b: x.rows
      }))
    )
  }
})
