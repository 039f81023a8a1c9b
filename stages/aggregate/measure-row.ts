/** A row of the table of measures. */
import type { MeasureRow } from "../tables/measures.ts"
import type { Cell, CellIndex } from "./cells.ts"
import { placeOfTap } from "./depth.ts"
import { measuresOf } from "./measures.ts"

/** Written out, because V8's spread of objects of this size takes ten times as long. */
export function measureRow(cell: Cell, index: CellIndex, same_examples: boolean | null): MeasureRow {
  const { layer, depth } = placeOfTap(cell.tap, cell.blocks)
  const given = measuresOf(cell, index)
  return {
    encoder: cell.encoder,
    encoder_digest: cell.encoder_digest,
    blocks: cell.blocks,
    probe: cell.probe,
    selection: cell.selection,
    tap: cell.tap,
    token: cell.token,
    source: cell.source,
    task: cell.task,
    target: cell.target,
    layer,
    depth,
    balanced_accuracy: cell.balanced_accuracy,
    low: cell.low,
    high: cell.high,
    chance: cell.chance,
    ceiling: cell.ceiling,
    plain_accuracy: cell.plain_accuracy,
    macro_f1: cell.macro_f1,
    log_loss: cell.log_loss,
    n: cell.n,
    n_scored: cell.n_scored,
    images: cell.images,
    classes: cell.classes,
    folds: cell.folds,
    seeds: cell.seeds,
    folds_with_empty_cells: cell.folds_with_empty_cells,
    small_cells: cell.small_cells,
    one_sided: cell.one_sided,
    splits_at_edge: cell.splits_at_edge,
    splits_unconverged: cell.splits_unconverged,
    same_examples,
    measure: cell.measure,
    m1: given.m1 ?? null,
    m1_low: given.m1_low ?? null,
    m1_high: given.m1_high ?? null,
    m1_corrected: given.m1_corrected ?? null,
    m1_corrected_low: given.m1_corrected_low ?? null,
    m1_corrected_high: given.m1_corrected_high ?? null,
    m2: given.m2 ?? null,
    m2_low: given.m2_low ?? null,
    m2_high: given.m2_high ?? null,
    m2_corrected: given.m2_corrected ?? null,
    m2_corrected_low: given.m2_corrected_low ?? null,
    m2_corrected_high: given.m2_corrected_high ?? null,
    a_bg: given.a_bg ?? null,
    entanglement: given.entanglement ?? null,
    entanglement_low: given.entanglement_low ?? null,
    entanglement_high: given.entanglement_high ?? null,
    entanglement_n: given.entanglement_n ?? null,
    a_near: given.a_near ?? null,
    entanglement_near: given.entanglement_near ?? null,
    entanglement_near_low: given.entanglement_near_low ?? null,
    entanglement_near_high: given.entanglement_near_high ?? null,
    entanglement_near_n: given.entanglement_near_n ?? null,
    a_bs: given.a_bs ?? null,
    reverse_entanglement: given.reverse_entanglement ?? null,
    reverse_entanglement_low: given.reverse_entanglement_low ?? null,
    reverse_entanglement_high: given.reverse_entanglement_high ?? null,
    reverse_entanglement_n: given.reverse_entanglement_n ?? null,
    embed_floor: given.embed_floor ?? null
  }
}
