/** What `encoders inspect` finds, as data. */
import type { Preprocessing } from "../vision/preprocessing.ts"

/** A tensor that goes in or comes out; a dimension by name where it is free, null where nothing is known of it. */
export interface TensorPort {
  readonly name: string
  readonly elementType: string
  readonly shape: ReadonlyArray<number | string | null> | null
}

/** What `--json` prints. */
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
  /** at the size of the file's input, or of the preprocessing; null where neither is fixed */
  readonly grid: { readonly rows: number; readonly columns: number } | null
  /** tokens before the patches; null where the file does not tell */
  readonly prefix: number | null
  /** is the first of the prefix CLS? null where there may be none */
  readonly classToken: boolean | null
  /** those of the prefix but CLS */
  readonly registers: number | null
  /** patches and prefix */
  readonly tokens: number | null
  readonly preprocessing: Preprocessing | null
  /** files beside it that hold weights */
  readonly externalFiles: ReadonlyArray<string>
  readonly taps: ReadonlyArray<{ readonly name: string; readonly tensor: string }>
  readonly warnings: ReadonlyArray<string>
}
