/**
 * Questions: the examples of one probe, with the activation rows from which they are predicted.
 *
 * A question is about a task's target: predict the examples' labels from the tokens `token` of `source`, as a selection
 * chose them.
 */
import { StageError } from "../../src/index.ts"
import type { ActivationNames } from "../tables/activations.ts"
import type { Example } from "../tables/examples.ts"
import { type FitName, undefinedBecause } from "../tables/fits.ts"
import { byCodePoint, noObject, objectId } from "../tables/ids.ts"
import { comparisonOf } from "../tables/questions.ts"
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

/** Examples that an encoder is asked about. */
export const ofEncoder = (examples: ReadonlyArray<Asked>, encoder: string): ReadonlyArray<Asked> =>
  examples.filter((example) => example.encoder === null || example.encoder === encoder)

export type QuestionId = Pick<FitName, "selection" | "token" | "source" | "task" | "target">
export interface Question {
  /** [n] */
  readonly examples: ReadonlyArray<Asked>
  /** [n] rows of the activations */
  readonly rows: Int32Array
  /** labels by code point; a class is an index here */
  readonly classes: ReadonlyArray<string>
  readonly cells: ReadonlyArray<string>
  readonly images: ReadonlyArray<string>
  /** [n] as indices into `classes`, `cells` and `images` */
  readonly labels: Int32Array
  readonly cell: Int32Array
  readonly image: Int32Array
  /** [n] the secondary category of each example's pair, as a number from 0; −1 if not known; null unless the primary is asked for */
  readonly secondary: Int32Array | null
}

/** Examples and activations, made ready for any question to one encoder. */
export class Questions {
  /** by target and task, those that may be asked of the encoder */
  readonly #asked = new Map<string, Array<Asked>>()
  readonly #targets: ReadonlySet<string>
  readonly #tasks: ReadonlySet<string>
  /** by token, source, selection and task, the rows of objects and scenes */
  readonly #rows = new Map<string, Map<string, number>>()
  readonly #tokens: ActivationNames
  /** by scene and task */
  readonly #secondaries = new Map<string, string>()

  /** @throws StageError if an object has several rows of one token: a probe needs exactly one */
  constructor(examples: ReadonlyArray<Asked>, tokens: ActivationNames, encoder: string) {
    this.#tokens = tokens
    for (const example of examples)
      if (example.target === "secondary") this.#secondaries.set(pairKey(example), example.label)
    for (const example of ofEncoder(examples, encoder)) {
      const key = askedKey(example)
      const others = this.#asked.get(key)
      if (others === undefined) this.#asked.set(key, [example])
      else others.push(example)
    }
    this.#targets = new Set(examples.map(({ target }) => target))
    this.#tasks = new Set(examples.map(askedKey))
    tokens.scene.forEach((scene, row) => {
      const kind = rowsKey(
        { token: tokens.token[row]!, source: tokens.source[row]! },
        tokens.selection[row]!,
        tokens.task[row]!
      )
      const of = this.#rows.get(kind) ?? new Map<string, number>()
      const object = objectId(scene, tokens.object[row]!)
      if (of.has(object)) throw severalRows(scene, tokens, row)
      of.set(object, row)
      this.#rows.set(kind, of)
    })
  }

  /** Why a question has no examples. */
  whyNone(question: QuestionId): string {
    const { token, source, selection, task, target } = question
    if (!this.#targets.has(target)) return undefinedBecause.untargeted
    if (!this.#tasks.has(askedKey(question))) return undefinedBecause.taskless
    const asked = this.#about(question)
    if (asked.length === 0) return undefinedBecause.unasked
    if (asked.every(({ left_out }) => left_out !== null)) return undefinedBecause.leftOut
    const { selection: selections, task: tasks, ...names } = this.#tokens
    const such = [...names.token.keys()].filter(
      (row) => names.token[row] === token && names.source[row] === source
    )
    const has = (values: ReadonlyArray<string | null>, value: string | null) =>
      such.some((row) => values[row] === null || values[row] === value)
    if (such.length > 0 && !has(selections, selection)) return undefinedBecause.unselected
    if (such.length > 0 && !has(tasks, task)) return undefinedBecause.untasked
    return undefinedBecause.tokenless
  }

  /** The kept examples of a question, whether or not they have such a token. */
  keptOf(question: QuestionId): ReadonlyArray<Asked> {
    const comparison = comparisonOf(question.source)
    return this.#about(question).filter(
      ({ left_out, lacks }) => left_out === null && (comparison === undefined || !lacks.includes(comparison))
    )
  }

  #about(question: QuestionId): ReadonlyArray<Asked> {
    const asked = this.#asked.get(askedKey(question)) ?? []
    return asked.filter(({ selection }) => selection === null || selection === question.selection)
  }

  /**
   * A question with the examples that have such a token, in the examples' order; there may be none.
   *
   * @throws StageError if an example has several rows of the token, such as one with a selection and one without
   */
  of(question: QuestionId): Question {
    const rowOf = this.#rowsFor(question)
    const examples: Array<Asked> = []
    const rows: Array<number> = []
    for (const example of this.keptOf(question)) {
      const row = rowOf(example)
      if (row === undefined) continue
      examples.push(example)
      rows.push(row)
    }
    const labels = numbered(
      examples.map(({ label }) => label),
      byCodePoint
    )
    const cells = numbered(
      examples.map(({ cell }) => cell),
      byCodePoint
    )
    const images = numbered(examples.map(({ image }) => image))
    return {
      examples,
      rows: Int32Array.from(rows),
      classes: labels.names,
      cells: cells.names,
      images: images.names,
      labels: labels.numbers,
      cell: cells.numbers,
      image: images.numbers,
      secondary: question.target === "primary" ? this.#secondariesOf(examples) : null
    }
  }

  /** Finds an example's row: one that is not about one object serves every example of the scene. */
  #rowsFor({ token, source, selection, task }: QuestionId): (example: Asked) => number | undefined {
    const groups = [...new Set([selection, null])].flatMap((selected) =>
      [...new Set([task, null])].flatMap(
        (of) => this.#rows.get(rowsKey({ token, source }, selected, of)) ?? []
      )
    )
    const find = (scene: string, object: number) => {
      const id = objectId(scene, object)
      let found: number | undefined
      for (const group of groups) {
        const row = group.get(id)
        if (row === undefined) continue
        if (found !== undefined) throw severalRows(scene, this.#tokens, row)
        found = row
      }
      return found
    }
    return ({ scene, object }) => find(scene, object) ?? find(scene, noObject)
  }

  #secondariesOf(examples: ReadonlyArray<Asked>): Int32Array {
    const numbers = new Map<string, number>()
    return Int32Array.from(examples, (example) => {
      const name = this.#secondaries.get(pairKey(example))
      if (name === undefined) return -1
      const number = numbers.get(name) ?? numbers.size
      numbers.set(name, number)
      return number
    })
  }
}

/** The different values, in the given order or that of their first occurrence, and each value's place among them. */
function numbered(values: ReadonlyArray<string>, order?: typeof byCodePoint) {
  const names = [...new Set(values)]
  if (order !== undefined) names.sort(order)
  const place = new Map(names.map((name, i) => [name, i]))
  return { names, numbers: Int32Array.from(values, (name) => place.get(name)!) }
}

const askedKey = ({ target, task }: Pick<Example, "target" | "task">) => JSON.stringify([target, task])
const pairKey = ({ scene, task }: Pick<Example, "scene" | "task">) => JSON.stringify([scene, task])
const rowsKey = (
  { token, source }: Pick<QuestionId, "token" | "source">,
  selection: string | null,
  task: string | null
) => JSON.stringify([token, source, selection, task])

const severalRows = (scene: string, { token, source, object }: ActivationNames, row: number) =>
  new StageError(
    `scene ${scene} has several activations of token "${token[row]}" (source "${source[row]}", object ${object[row]}); a probe needs exactly one`,
    { hint: 'select tokens of objects or pairs: probes do not support `of: "all"`' }
  )

/**
 * What folds balance: everything that is asked about an image, of whatever encoder, kept or left out, so that all
 * encoders get the same folds.
 */
export function strata(
  examples: ReadonlyArray<Asked>
): ReadonlyArray<{ readonly id: string; readonly stratum: string }> {
  const cells = new Map<string, Set<string>>()
  for (const { image, task, target, cell } of examples) {
    const of = cells.get(image) ?? new Set<string>()
    cells.set(image, of.add(JSON.stringify([task, target, cell])))
  }
  return [...cells].map(([id, of]) => ({ id, stratum: JSON.stringify([...of].sort()) }))
}
