/** Cells with fewer images than folds: some folds must lack them. */
import type { NumberedPredictions } from "./predictions.ts"

/**
 * Names these cells and the folds without them, such as `laptop × mouse: 3 images, none in folds 1, 4 of seed 0, …`;
 * cells are separated by semicolons. Null if there are none.
 */
export function smallCells(predictions: NumberedPredictions): string | null {
  const { n, cell, image, cells, folds } = predictions
  const images = cells.map(() => new Set<number>())
  for (let i = 0; i < n; i++) {
    // one more than tells: large cells hold no more
    const of = images[cell[i]!]!
    if (of.size < folds) of.add(image[i]!)
  }
  const small = [...cells.keys()].filter((number) => images[number]!.size < folds)
  if (small.length === 0) return null
  const held = heldRuns(predictions, new Set(small))
  const texts = small.map((number) => {
    const count = images[number]!.size
    return `${cells[number]}: ${count} ${count === 1 ? "image" : "images"}, none in ${lacking(held.get(number)!, predictions)}`
  })
  return texts.sort().join("; ")
}

/** By cell, the runs that hold some of it out. */
function heldRuns({ n, cell, run }: NumberedPredictions, cells: ReadonlySet<number>) {
  const held = new Map([...cells].map((number) => [number, new Set<number>()]))
  for (let i = 0; i < n; i++) held.get(cell[i]!)?.add(run[i]!)
  return held
}

/** Such as `folds 1, 4 of seed 0, fold 2 of seed 1`. */
function lacking(held: ReadonlySet<number>, { folds, seeds }: NumberedPredictions): string {
  return Array.from({ length: seeds }, (_, seed) => {
    const none = Array.from({ length: folds }, (__, fold) => fold).filter(
      (fold) => !held.has(seed * folds + fold)
    )
    return `${none.length === 1 ? "fold" : "folds"} ${none.join(", ")} of seed ${seed}`
  }).join(", ")
}
