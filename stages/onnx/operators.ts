/**
 * Operators that matter for the structure of a vision transformer.
 *
 * Sources: https://onnx.ai/onnx/operators/ and, for fused ones,
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

const isOneOf = (...operators: ReadonlyArray<string>) => {
  const set = new Set(operators)
  return (op: string) => set.has(op)
}

/** These turn a tensor into its sizes; values that depend only on sizes do not depend on the image. */
export const readsOnlyShape = isOneOf("Shape", "Size")

/** The value passes through unchanged, except for its type and quantisation error. */
export const passesThrough = isOneOf(
  "Identity",
  "Cast",
  "Dropout",
  "QuantizeLinear",
  "DequantizeLinear",
  "MemcpyToHost",
  "MemcpyFromHost"
)

export const isAddition = isOneOf("Add", "Sum")

/** A residual sum and its norm in one node: inputs [x, skip, scale, …], outputs [norm, mean, inverse std, sum]. */
export const isFusedSumAndNorm = isOneOf("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
export const fusedSumOutput = 3
/** SkipLayerNormalization's [x, skip, gamma, beta, bias]: the index of bias, which is added besides x and skip. */
export const fusedBiasInput = { SkipLayerNormalization: 4, SkipSimplifiedLayerNormalization: 3 } as Readonly<
  Record<string, number>
>

export const isNorm = isOneOf(
  "LayerNormalization",
  "SimplifiedLayerNormalization",
  "RMSNormalization",
  "SkipLayerNormalization",
  "SkipSimplifiedLayerNormalization"
)

/** The parts of a decomposed LayerNormalization, and operators that may stand between two blocks. */
const isElementwise = isOneOf(
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Pow",
  "Sqrt",
  "Reciprocal",
  "ReduceMean",
  "Constant"
)
export const standsBetweenBlocks = (op: string) => passesThrough(op) || isNorm(op) || isElementwise(op)

export const isFusedAttention = isOneOf(
  "Attention",
  "MultiHeadAttention",
  "QAttention",
  "PackedAttention",
  "PackedMultiHeadAttention",
  "GroupQueryAttention",
  "DecoderMaskedMultiHeadAttention"
)

/**
 * Products of two operands that attention computes from two tensors of the image, with the positions of the operands.
 */
export const productOperands: Readonly<Record<string, readonly [number, number]>> = {
  MatMul: [0, 1],
  FusedMatMul: [0, 1],
  TransposeMatMul: [0, 1],
  Einsum: [0, 1],
  Gemm: [0, 1],
  MatMulInteger: [0, 1],
  QLinearMatMul: [0, 3]
}
