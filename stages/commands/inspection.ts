/** The data that `encoders inspect` prints. */
import type { Preprocessing } from "../vision/preprocessing.ts"

/** An input or output tensor; a free dimension is given by name, an unknown one as null. */
export interface TensorPort {
  readonly name: string
  readonly elementType: string
  readonly shape: ReadonlyArray<number | string | null> | null
}

/** The output of `--json`. */
export interface Inspection {
  readonly file: string
  readonly bytes: number
  readonly producer: string
  readonly opset: number
  /** by domain; "" is ONNX's own */
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: ReadonlyArray<TensorPort>
  readonly outputs: ReadonlyArray<TensorPort>
  readonly blocks: number
  /** hidden size; null where taps are given for a structure that is not recognised */
  readonly width: number | null
  /** in pixels */
  readonly patch: { readonly height: number; readonly width: number }
  /** for the size of the file's input or of the preprocessing; null if neither is fixed */
  readonly grid: { readonly rows: number; readonly columns: number } | null
  /** tokens before the patches; null if the file does not say */
  readonly prefix: number | null
  /** whether the first prefix token is CLS; null if there may be none */
  readonly classToken: boolean | null
  /** prefix tokens other than CLS */
  readonly registers: number | null
  /** patches plus prefix */
  readonly tokens: number | null
  readonly preprocessing: Preprocessing | null
  /** files beside it that hold weights */
  readonly externalFiles: ReadonlyArray<string>
  readonly taps: ReadonlyArray<{ readonly name: string; readonly tensor: string }>
  readonly warnings: ReadonlyArray<string>
}
