import { describe, expect, it, test } from "vitest"
import { bytesAccess } from "../../../stages/onnx/access.ts"
import { indexGraph } from "../../../stages/onnx/graph-index.ts"
import { reasonRandom } from "../../../stages/onnx/nondeterministic.ts"
import { tapModel } from "../../../stages/onnx/patch.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { embedded, integer, message, text } from "../../../stages/onnx/writer.ts"
import { graphBytes, graphModel } from "./fixture.ts"

const tap = (name: string) => [{ name, tensor: name }]

/** One draw beside a way that does not need it. */
const drawing = (op: string) =>
  graphModel(
    [
      ["Relu", "image", "before"],
      [op, "before", "noise"],
      ["Add", "before noise", "after"],
      ["Shape", "noise", "sizes"],
      ["Reshape", "before sizes", "shaped"]
    ],
    "after"
  )

describe("a tap that depends on random numbers is refused", () => {
  test.each([
    "RandomUniform",
    "RandomNormal",
    "RandomUniformLike",
    "RandomNormalLike",
    "Multinomial",
    "Bernoulli"
  ])("of %s", (op) => {
    expect(() => tapModel(drawing(op), ["tensor:before", "tensor:after"])).toThrow(
      `the tap tensor:after depends on random numbers (${op}, node noise)`
    )
  })

  it("while those before it, and what depends on shapes alone, are not", () => {
    const taps = ["tensor:before", "tensor:shaped"]
    expect([...tapModel(drawing("RandomNormalLike"), taps).outputs.keys()]).toEqual(taps)
  })
})

describe("Dropout is refused", () => {
  /** bool scalars by either field: int32_data 5, packed, and raw_data 9 */
  const flags = message(
    ...[5, 9].flatMap((field) =>
      [0, 1].map((value) =>
        embedded(
          5,
          message(
            integer(2, 9),
            text(8, `${field}${value ? "on" : "off"}`),
            embedded(field, Uint8Array.of(value))
          )
        )
      )
    )
  )
  const reason = (inputs: string) => {
    const graph = graphBytes([["Dropout", `image ${inputs}`, "y"]], "y")
    return reasonRandom(
      indexGraph(readModel(bytesAccess(message(graph, embedded(7, flags)))).graph),
      tap("y")
    )
  }
  it("in training mode", () => {
    for (const mode of ["ratio 5on", "_ 9on"]) expect(reason(mode)).toContain("(Dropout, node y)")
  })
  it("and where its mode is computed, but not otherwise", () => {
    expect(reason("ratio computed")).toContain("Dropout")
    for (const mode of ["", "ratio", "ratio _", "ratio 5off", "_ 9off"]) {
      expect(reason(mode.trim()), mode).toBeNull()
    }
  })
})
