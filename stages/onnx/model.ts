/**
 * The parts of an ONNX model without its weights.
 *
 * Source of names and numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

/** TensorProto.DataType, by number. */
export const elementTypes = [
  "undefined",
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16"
] as const
export type ElementType = (typeof elementTypes)[number]

/** A dimension: its size, the name of a free one, or null if unknown. */
export type Dimension = number | string | null

export interface Initializer {
  readonly name: string
  readonly dims: ReadonlyArray<number>
  readonly elementType: ElementType
  /** the data file with external weights, relative to the model's folder; null for weights inside the model */
  readonly location: string | null
  /** the value of a boolean scalar, such as the `training_mode` of a Dropout */
  readonly flag?: boolean
}
export interface ValueInfo {
  readonly name: string
  readonly elementType: ElementType
  /** null if no shape is given */
  readonly dims: ReadonlyArray<Dimension> | null
}
export interface OnnxNode {
  readonly op: string
  readonly domain: string
  readonly name: string
  /** "" stands for an omitted optional input */
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
  /** outer tensors that its subgraphs (If, Loop) read */
  readonly captured: ReadonlyArray<string>
  /** the integer attributes */
  readonly integers: ReadonlyMap<string, ReadonlyArray<number>>
  /** dims of a Constant's tensor */
  readonly constant: Initializer | null
}
export interface OnnxGraph {
  readonly nodes: ReadonlyArray<OnnxNode>
  readonly initializers: ReadonlyMap<string, Initializer>
  /** including initialisers, which old models list as inputs too */
  readonly inputs: ReadonlyArray<ValueInfo>
  readonly outputs: ReadonlyArray<ValueInfo>
  readonly valueInfo: ReadonlyMap<string, ValueInfo>
}
export interface Model {
  readonly irVersion: number
  readonly producer: string
  /** by domain; ONNX's own is "" */
  readonly opsets: ReadonlyMap<string, number>
  readonly graph: OnnxGraph
  /** names of functions defined in the model: they may contain nodes */
  readonly localFunctions: ReadonlyArray<string>
  /** data files of external weights, relative to the model's folder */
  readonly externalFiles: ReadonlyArray<string>
}
