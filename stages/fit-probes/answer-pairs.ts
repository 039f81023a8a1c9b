/** Both sides' answers to the same examples. */
import type { ClusteredAnswers } from "../statistics/cluster-bootstrap.ts"
import {
  accuracyOfRows,
  type AnsweredFit,
  cellsOfRows,
  type CountedRows,
  type FitAccuracy
} from "./fit-accuracy.ts"

/** Pairs of predictions of one example with one seed, on both sides; without one-sided ones (see `fits`). */
export interface AnswerPairs {
  /** asked about on both sides with one right answer, on one side alone, and with another right answer */
  readonly examples: {
    readonly both: number
    readonly onlyA: number
    readonly onlyB: number
    readonly relabelled: number
  }
  /** [pairs] places in each fit's lists */
  readonly rowsA: Int32Array
  readonly rowsB: Int32Array
  /** how the pairs count, by a's cells */
  readonly counted: Omit<CountedRows, "rows">
  /** [pairs] answers by number, and whether they are right (1) */
  readonly a: Int32Array
  readonly b: Int32Array
  readonly rightA: Uint8Array
  readonly rightB: Uint8Array
  /** [pairs] by number */
  readonly image: Int32Array
  readonly images: number
  readonly seeds: number
  /** each image has one pair */
  readonly isOnePairAnImage: boolean
  /** the same folds held out each example on both sides */
  readonly hasSameFolds: boolean
  /** all examples are shared, and all answers and their log-probabilities are equal */
  readonly areEqual: boolean
  readonly accuracies: readonly [FitAccuracy, FitAccuracy]
  readonly clustered: ClusteredAnswers
}

export function answerPairs(a: AnsweredFit, b: AnsweredFit): AnswerPairs {
  const seeds = Math.min(a.seeds, b.seeds)
  const idOf = exampleNumbers()
  const [ofA, ofB] = [placesOf(a, idOf), placesOf(b, idOf)]
  const [rowsA, rowsB]: [Array<number>, Array<number>] = [[], []]
  const both = new Set<number>()
  const relabelled = new Set<number>()
  for (let seed = 0; seed < seeds; seed++)
    for (const [example, row] of ofA.bySeed[seed] ?? []) {
      const other = ofB.bySeed[seed]?.get(example)
      if (other === undefined) continue
      if (a.label[row] !== b.label[other]) relabelled.add(example)
      else {
        both.add(example)
        if (a.one_sided[row] || b.one_sided[other]) continue
        rowsA.push(row)
        rowsB.push(other)
      }
    }
  const [first, second] = [Int32Array.from(rowsA), Int32Array.from(rowsB)]
  const answers = new Map<string, number>()
  const numberOf = (answer: string) => numberIn(answers, answer)
  const images = new Map<string, number>()
  const image = first.map((row) => numberIn(images, a.image[row]!))
  const counted = { ...cellsOfRows(a, first), seeds, images: images.size }
  const right = (fit: AnsweredFit, rows: Int32Array) =>
    Uint8Array.from(rows, (row) => Number(fit.predicted[row] === fit.label[row]))
  const [rightA, rightB] = [right(a, first), right(b, second)]
  return {
    examples: {
      both: both.size,
      relabelled: relabelled.size,
      onlyA: ofA.examples.size - both.size - relabelled.size,
      onlyB: ofB.examples.size - both.size - relabelled.size
    },
    rowsA: first,
    rowsB: second,
    counted,
    a: first.map((row) => numberOf(a.predicted[row]!)),
    b: second.map((row) => numberOf(b.predicted[row]!)),
    rightA,
    rightB,
    image,
    images: images.size,
    seeds,
    isOnePairAnImage: images.size === first.length,
    hasSameFolds: a.folds === b.folds && first.every((row, i) => a.fold[row] === b.fold[second[i]!]),
    areEqual:
      a.seed.length === first.length &&
      b.seed.length === first.length &&
      first.every(
        (row, i) =>
          a.predicted[row] === b.predicted[second[i]!] &&
          // a Perceptron's is NaN, which shows nothing
          a.log_probability[row] === b.log_probability[second[i]!]
      ),
    accuracies: [
      accuracyOfRows(a, { ...counted, rows: first }),
      accuracyOfRows(b, { ...counted, rows: second })
    ],
    clustered: clustered(image, images.size, counted, rightA, rightB)
  }
}

/** Numbers examples by scene and object. */
function exampleNumbers() {
  const scenes = new Map<string, number>()
  // an object is an int32, from −1
  return (scene: string, object: number) => numberIn(scenes, scene) * 2 ** 32 + object
}

/** By seed, the place of each example's prediction. */
function placesOf(fit: AnsweredFit, idOf: (scene: string, object: number) => number) {
  const bySeed: Array<Map<number, number>> = Array.from({ length: fit.seeds }, () => new Map())
  const examples = new Set<number>()
  for (let row = 0; row < fit.seed.length; row++) {
    const example = idOf(fit.scene[row]!, fit.object[row]!)
    examples.add(example)
    bySeed[fit.seed[row]!]!.set(example, row)
  }
  return { bySeed, examples }
}

/** Added up by image and cell. */
function clustered(
  image: Int32Array,
  images: number,
  { cell, design }: Pick<ReturnType<typeof cellsOfRows>, "cell" | "design">,
  rightA: Uint8Array,
  rightB: Uint8Array
): ClusteredAnswers {
  const places = new Map<number, number>()
  const [of, at, count, first, second] = Array.from({ length: 5 }, (): Array<number> => []) as [
    Array<number>,
    Array<number>,
    Array<number>,
    Array<number>,
    Array<number>
  ]
  for (let i = 0; i < image.length; i++) {
    const key = image[i]! * design.labelOf.length + cell[i]!
    let place = places.get(key)
    if (place === undefined) {
      places.set(key, (place = of.length))
      of.push(image[i]!)
      at.push(cell[i]!)
      for (const list of [count, first, second]) list.push(0)
    }
    count[place]!++
    first[place]! += rightA[i]!
    second[place]! += rightB[i]!
  }
  return { image: of, cell: at, count, first, second, images, design }
}

function numberIn(numbers: Map<string, number>, name: string): number {
  let number = numbers.get(name)
  if (number === undefined) numbers.set(name, (number = numbers.size))
  return number
}
