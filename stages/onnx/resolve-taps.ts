import { namesOf, tensorPrefix } from "./choose-taps.ts"
import { describeEncoder } from "./describe.ts"
import type { GraphIndex } from "./graph-index.ts"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Tap } from "./tap.ts"

export interface ResolvedTaps {
  readonly chosen: ReadonlyArray<Tap>
  /** all taps of the model; none where it is no vision transformer and taps are given by tensor */
  readonly stream: ReadonlyArray<Tap>
}

/**
 * @param known the model's taps, where they are not to be found by its structure
 * @throws {OnnxError} no such tap or tensor, none at all, or a named tap of a model that is no vision transformer
 */
export function resolveTaps(
  model: Model,
  { producer }: GraphIndex,
  names: ReadonlyArray<string>,
  known: ReadonlyArray<Tap> | null = null
): ResolvedTaps {
  if (names.length === 0) throw new OnnxError("no taps are chosen")
  const byTensorAlone = names.every((name) => name.startsWith(tensorPrefix))
  const stream = known ?? streamOf(model, byTensorAlone)
  const chosen = names.map((name) => {
    if (name.startsWith(tensorPrefix)) {
      const tensor = name.slice(tensorPrefix.length)
      if (producer.has(tensor)) return { name, tensor }
      throw new OnnxError(`no node of the graph makes a tensor "${tensor}"`)
    }
    const tap = stream.find((tap) => tap.name === name)
    if (tap === undefined) throw new OnnxError(`there is no tap "${name}": there are ${namesOf(stream)}`)
    return tap
  })
  return { chosen, stream }
}

function streamOf(model: Model, byTensorAlone: boolean): ReadonlyArray<Tap> {
  try {
    return describeEncoder(model).taps
  } catch (error) {
    if (byTensorAlone && error instanceof OnnxError) return []
    throw error
  }
}
