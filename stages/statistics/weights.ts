/**
 * Row weights that give every cell the same total weight: wᵢ ∝ 1 / size of i's cell, scaled so that Σw = n. (Unscaled
 * weights of 1/size would shift the whole grid of regularisation strengths.) With the classes as cells they equal
 * scikit-learn's `class_weight="balanced"` over the classes that occur.
 *
 * @param cells [n] the cell of each row, a whole number ≥ 0; a negative one leaves the row out (weight 0, not counted
 *   in n)
 */
export function cellWeights(cells: ArrayLike<number>): Float64Array {
  const sizes = new Map<number, number>()
  let rows = 0
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    if (!Number.isInteger(cell)) throw new RangeError(`cells[${row}] is ${cell}, not a whole number`)
    if (cell < 0) continue
    rows++
    sizes.set(cell, (sizes.get(cell) ?? 0) + 1)
  }
  return Float64Array.from({ length: cells.length }, (_, row) => {
    const cell = cells[row]!
    return cell < 0 ? 0 : rows / (sizes.size * sizes.get(cell)!)
  })
}
