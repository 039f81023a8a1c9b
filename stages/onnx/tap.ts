/** A tap: an intermediate tensor of an encoder, made an output. */

/** A tensor that can be made an output. */
export interface Tap {
  /** see `streamTaps`; `pooled`, or `tensor:NAME` */
  readonly name: string
  readonly tensor: string
  /** where the graph has no such tensor, as in fused nodes: what to add to have it under the name of `tensor` */
  readonly sumOf?: ReadonlyArray<string>
}
