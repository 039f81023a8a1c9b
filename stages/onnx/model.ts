/**
 * What is known of an ONNX model without its weights.
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

/** A dimension: its size, the name of a free one, or null where nothing is said. */
export type Dimension = number | string | null

export interface Initializer {
  readonly name: string
  readonly dims: ReadonlyArray<number>
  readonly elementType: ElementType
  /** the data file, relative to the model's folder, where the weights lie outside */
  readonly location: string | null
  /** the value of a boolean scalar, such as the `training_mode` of a Dropout */
  readonly flag?: boolean
}
export interface ValueInfo {
  readonly name: string
  readonly elementType: ElementType
  /** null where the shape is not given */
  readonly dims: ReadonlyArray<Dimension> | null
}
export interface OnnxNode {
  readonly op: string
  readonly domain: string
  readonly name: string
  /** "" stands for an optional input that is left out */
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
  /** tensors of the surrounding graph that its subgraphs (If, Loop) read */
  readonly captured: ReadonlyArray<string>
  /** attributes that are integers */
  readonly integers: ReadonlyMap<string, ReadonlyArray<number>>
  /** dims of the tensor of a Constant */
  readonly constant: Initializer | null
}
export interface OnnxGraph {
  readonly nodes: ReadonlyArray<OnnxNode>
  readonly initializers: ReadonlyMap<string, Initializer>
  /** with initialisers of old models, which are inputs too */
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
  /** names of functions that the model brings itself: nodes may hide in them */
  readonly localFunctions: ReadonlyArray<string>
  /** data files of external weights, relative to the model's folder */
  readonly externalFiles: ReadonlyArray<string>
}
