/**
 * The bytes of two one-node ONNX models that multiply by a constant matrix M [rows × columns]:
 * `times-transpose`: Y [k × rows] = A [k × columns] · Mᵀ, and `times`: Y [k × columns] = A [k × rows] · M.
 *
 * M is an external initialiser, so that its values are never copied into protobuf, and the second operand, so that the
 * runtime packs it only once for its kernel.
 *
 * Source: onnx.proto3 (field numbers), operators MatMul-13 and Gemm-13, https://onnx.ai/onnx/operators/.
 */
import { embedded, integer, message, node, tensorInfo, text } from "../../onnx/writer.ts"

export type Product = "times-transpose" | "times"

/** The name under which callers pass M's values as external data. */
export const MATRIX_LOCATION = "matrix"

const FLOAT_BYTES = 1
const EXTERNAL = 1

export function gemmGraph(product: Product, rows: number, columns: number): Uint8Array {
  const [from, to] = product === "times" ? [rows, columns] : [columns, rows]
  const operands = ["A", "M"]
  const matrix = message(
    integer(1, rows),
    integer(1, columns),
    integer(2, FLOAT_BYTES),
    text(8, "M"),
    embedded(13, message(text(1, "location"), text(2, MATRIX_LOCATION))),
    integer(14, EXTERNAL)
  )
  const graph = message(
    embedded(
      1,
      product === "times" ? node("MatMul", operands, "Y") : node("Gemm", operands, "Y", { transB: 1 })
    ),
    text(2, product),
    embedded(5, matrix),
    embedded(11, tensorInfo("A", "float32", ["k", from])),
    embedded(12, tensorInfo("Y", "float32", ["k", to]))
  )
  const opset = message(text(1, ""), integer(2, 17))
  return message(integer(1, 8), embedded(7, graph), embedded(8, opset))
}
