/**
 * Probe transfer: a's scalers and probes on b's activations. Where b's accuracy with its own probes, A_BB, is that of a's
 * probes, A_AB, the two versions encode the labels alike; a gap says that they moved within the representation.
 *
 * The probe of a seed and fold answers the examples that it did not see in a. It needs a's weights (`keep: "weights"`), and
 * one width on both sides: across widths it would need a map learnt on training folds, and is undefined.
 */
import type { Table, TensorBlock } from "../../src/index.ts"
import { type activationColumns, type ActivationTable, readActivationNames } from "../tables/activations.ts"
import { readExamples } from "../tables/examples.ts"
import type { Fit } from "../tables/fits.ts"
import { objectId } from "../tables/ids.ts"
import type { AnswerPairs } from "./answer-pairs.ts"
import { accuracyOfRows, type AnsweredFit } from "./fit-accuracy.ts"
import { askedOf, Questions } from "./questions.ts"
import { readWeights } from "./read-weights.ts"

export interface Transfer {
  /** A_AB */
  readonly accuracy: number
  /** A_BB − A_AB */
  readonly gap: number
}
/** Or why there is none. */
export type TransferResult = Transfer | { readonly why: string }

export interface TransferInputs {
  readonly activations: ActivationTable
  readonly examples: Parameters<typeof readExamples>[0]
}

/** Applies probes to one side's activations, a tap at a time. */
export class TransferTarget {
  readonly #inputs: TransferInputs
  readonly #encoder: string
  #questions: Promise<Questions> | null = null
  #tap: { readonly name: string; readonly values: Promise<TensorBlock> } | null = null

  constructor(inputs: TransferInputs, encoder: string) {
    this.#inputs = inputs
    this.#encoder = encoder
  }

  /** @throws Problem StageFailed if the port does not give tensors; TensorFileError if a's weights are damaged */
  async apply(
    weights: NonNullable<Fit["weights"]>,
    a: AnsweredFit,
    b: AnsweredFit,
    pairs: AnswerPairs
  ): Promise<TransferResult> {
    const [, own] = pairs.accuracies
    const values = await this.#valuesAt(b.tap)
    const width = values.shape.reduce((product, size) => product * size, 1)
    const probes = readWeights(await weights.bytes())
    if (probes.width !== width) return { why: `a's activations have ${probes.width} features, b's ${width}` }
    const questions = await (this.#questions ??= this.#read())
    const { examples, rows } = questions.of(b)
    const rowOf = new Map(examples.map(({ scene, object }, i) => [objectId(scene, object), rows[i]!]))
    const splitOf = new Map(a.split_seed.map((seed, i) => [seed * a.folds + a.split_fold[i]!, i]))
    const predicted = [...b.predicted]
    for (const [i, row] of pairs.rowsB.entries()) {
      const from = pairs.rowsA[i]!
      const at = rowOf.get(objectId(b.scene[row]!, b.object[row]!))
      const split = splitOf.get(a.seed[from]! * a.folds + a.fold[from]!)
      if (at === undefined || split === undefined) return { why: "some examples have no activations" }
      predicted[row] = probes.answer(split, values.data, at * width)
    }
    const accuracy = accuracyOfRows({ ...b, predicted }, { ...pairs.counted, rows: pairs.rowsB }).value
    if (accuracy === null || own.value === null) return { why: "no example is shared" }
    return { accuracy, gap: own.value - accuracy }
  }

  #valuesAt(tap: string): Promise<TensorBlock> {
    if (this.#tap?.name !== tap) {
      // `diff` gives the port `activations` the tensors of the member port that reads it
      const { activations } = this.#inputs as { readonly activations: unknown }
      const table = activations as Table<typeof activationColumns>
      this.#tap = { name: tap, values: table.tensor("activation", tap) }
    }
    return this.#tap!.values
  }

  async #read(): Promise<Questions> {
    const { activations, examples } = this.#inputs
    const asked = askedOf(await readExamples(examples))
    return new Questions(asked, await readActivationNames(activations), this.#encoder)
  }
}
