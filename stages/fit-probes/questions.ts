/**
 * Questions: the examples of one probe, with the activation rows from which they are predicted.
 *
 * A question is (token, source, target): predict the examples' label `target` from the tokens `token` of `source`.
 */
import { StageError } from "../../src/index.ts"
import type { ActivationNames } from "../tables/activations.ts"
import type { Example } from "../tables/examples.ts"
import { type FitName, undefinedBecause } from "../tables/fits.ts"
import { byCodePoint, noObject, objectId } from "../tables/ids.ts"
import { imagesOf } from "../tables/images.ts"

/** An example with the image that its scene shows (`imagesOf`). */
export interface Asked extends Example {
  readonly image: string
}
/** @throws Error if a scene has two image groups */
export function askedOf(examples: ReadonlyArray<Example>): ReadonlyArray<Asked> {
  const images = imagesOf(
    examples.map(({ scene }) => scene),
    examples.map(({ image_group }) => image_group)
  )
  return examples.map((example, i) => ({ ...example, image: images[i]! }))
}

export type QuestionId = Pick<FitName, "token" | "source" | "target">
export interface Question extends QuestionId {
  /** labels by code point; a class is an index here */
  readonly classes: ReadonlyArray<string>
  readonly cells: ReadonlyArray<string>
  /** [n] rows of the activations */
  readonly rows: Int32Array
  /** [n] as indices into `classes` and `cells` */
  readonly labels: Int32Array
  readonly cell: Int32Array
  readonly scene: ReadonlyArray<string>
  readonly image: ReadonlyArray<string>
  readonly object: ReadonlyArray<number>
}

/** Examples and activations, made ready for any question. */
export class Questions {
  /** by target, the examples that are kept */
  readonly #kept: ReadonlyMap<string, ReadonlyArray<Asked>>
  /** of all examples, kept or left out */
  readonly #targets: ReadonlySet<string>
  /** by token and source, the rows of objects and scenes */
  readonly #rows: ReadonlyMap<string, ReadonlyMap<string, number>>

  /** @throws StageError if an object has several rows of one token: a probe needs exactly one */
  constructor(examples: ReadonlyArray<Asked>, tokens: ActivationNames) {
    const kept = new Map<string, Array<Asked>>()
    for (const example of examples) {
      if (example.left_out !== null) continue
      const others = kept.get(example.target)
      if (others === undefined) kept.set(example.target, [example])
      else others.push(example)
    }
    const rows = new Map<string, Map<string, number>>()
    tokens.scene.forEach((scene, row) => {
      const kind = kindOf({ token: tokens.token[row]!, source: tokens.source[row]! })
      const of = rows.get(kind) ?? new Map<string, number>()
      const object = objectId(scene, tokens.object[row]!)
      if (of.has(object)) throw severalRows(scene, tokens, row)
      of.set(object, row)
      rows.set(kind, of)
    })
    this.#kept = kept
    this.#targets = new Set(examples.map(({ target }) => target))
    this.#rows = rows
  }

  /** Why a question about this target has no examples. */
  whyNone(target: string): string {
    if (!this.#targets.has(target)) return undefinedBecause.untargeted
    return this.#kept.has(target) ? undefinedBecause.tokenless : undefinedBecause.leftOut
  }

  /** A question with the examples that have such a token, in the examples' order; there may be none. */
  of({ token, source, target }: QuestionId): Question {
    const rows = this.#rows.get(kindOf({ token, source })) ?? new Map<string, number>()
    const answered = (this.#kept.get(target) ?? []).flatMap((example) => {
      const { scene, object } = example
      // a row that is not about one object serves every example of the scene
      const row = rows.get(objectId(scene, object)) ?? rows.get(objectId(scene, noObject))
      return row === undefined ? [] : [{ example, row }]
    })
    const classes = [...new Set(answered.map(({ example }) => example.label))].sort(byCodePoint)
    const cells = [...new Set(answered.map(({ example }) => example.cell))].sort(byCodePoint)
    const index = (of: ReadonlyArray<string>) => new Map(of.map((name, i) => [name, i]))
    const [classIndex, cellIndex] = [index(classes), index(cells)]
    return {
      token,
      source,
      target,
      classes,
      cells,
      rows: Int32Array.from(answered, ({ row }) => row),
      labels: Int32Array.from(answered, ({ example }) => classIndex.get(example.label)!),
      cell: Int32Array.from(answered, ({ example }) => cellIndex.get(example.cell)!),
      scene: answered.map(({ example }) => example.scene),
      image: answered.map(({ example }) => example.image),
      object: answered.map(({ example }) => example.object)
    }
  }
}

const kindOf = ({ token, source }: Pick<QuestionId, "token" | "source">) => JSON.stringify([token, source])

const severalRows = (scene: string, { token, source, object }: ActivationNames, row: number) =>
  new StageError(
    `scene ${scene} has several activations of token "${token[row]}" (source "${source[row]}", object ${object[row]}); a probe needs exactly one`,
    { hint: 'select tokens of objects or pairs: probes do not support `of: "all"`' }
  )

/**
 * What folds balance: everything that is asked about an image, kept or left out, so that all encoders get the same
 * folds.
 */
export function strata(
  examples: ReadonlyArray<Asked>
): ReadonlyArray<{ readonly id: string; readonly stratum: string }> {
  const cells = new Map<string, Set<string>>()
  for (const { image, target, cell } of examples) {
    const of = cells.get(image) ?? new Set<string>()
    cells.set(image, of.add(`${target}=${cell}`))
  }
  return [...cells].map(([id, of]) => ({ id, stratum: JSON.stringify([...of].sort()) }))
}
