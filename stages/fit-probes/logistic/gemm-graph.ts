/**
 * The bytes of two one-node ONNX models that multiply by a constant matrix M [rows × columns]:
 * `times-transpose`: Y [k × rows] = A [k × columns] · Mᵀ, and `times`: Y [k × columns] = A [k × rows] · M.
 *
 * M is an external initialiser, so that its values are never copied into protobuf, and the second operand, so that
 * the runtime packs it for its kernel once.
 *
 * Source: onnx.proto3 (field numbers), operators MatMul-13 and Gemm-13, https://onnx.ai/onnx/operators/.
 */

export type Product = "times-transpose" | "times"

/** The name under which M's values are to be given as external data. */
export const MATRIX_LOCATION = "matrix"

const FLOAT = 1

export function gemmGraph(product: Product, rows: number, columns: number): Uint8Array {
  const node =
    product === "times"
      ? message(string(1, "A"), string(1, "M"), string(2, "Y"), string(4, "MatMul"))
      : message(string(1, "A"), string(1, "M"), string(2, "Y"), string(4, "Gemm"), field(5, TRANSPOSE_SECOND))
  const [from, to] = product === "times" ? [rows, columns] : [columns, rows]
  const matrix = message(
    int(1, rows),
    int(1, columns),
    int(2, FLOAT),
    string(8, "M"),
    field(13, message(string(1, "location"), string(2, MATRIX_LOCATION))),
    int(14, 1) // data_location = EXTERNAL
  )
  const graph = message(
    field(1, node),
    string(2, product),
    field(5, matrix),
    field(11, tensorInfo("A", from)),
    field(12, tensorInfo("Y", to))
  )
  const opset = message(string(1, ""), int(2, 17))
  return message(int(1, 8), field(7, graph), field(8, opset))
}

/** ValueInfoProto of a float tensor [k × width] with k open. */
const tensorInfo = (name: string, width: number) => {
  const shape = message(field(1, string(2, "k")), field(1, int(1, width)))
  return message(string(1, name), field(2, field(1, message(int(1, FLOAT), field(2, shape)))))
}

function varint(value: number): Uint8Array {
  const bytes: Array<number> = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Uint8Array.from([...bytes, value])
}

const message = (...fields: ReadonlyArray<Uint8Array>): Uint8Array => Buffer.concat(fields)
const field = (number: number, bytes: Uint8Array) =>
  message(varint(number * 8 + 2), varint(bytes.length), bytes)
const string = (number: number, text: string) => field(number, Buffer.from(text))
const int = (number: number, value: number) => message(varint(number * 8), varint(value))

/** AttributeProto `transB = 1`. */
const TRANSPOSE_SECOND = message(string(1, "transB"), int(3, 1), int(20, 2))
