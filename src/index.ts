/**
 * `probeline`: declare a pipeline or a stage.
 *
 * Declarations are plain data; importing this loads neither Effect nor a native package.
 */
export { column } from "./pipeline/columns.ts"
export type {
  AnyColumn,
  CellOf,
  Column,
  Columns,
  FileHandle,
  NewFile,
  Row,
  Tensors,
  WrittenRow
} from "./pipeline/columns.ts"
export type { Comparing, Comparison, ComparisonTable, Threshold, Verdict } from "./pipeline/comparison.ts"
export { defineStageCommand } from "./pipeline/command.ts"
export type { Answer, Terminal, StageCommandContext, StageCommandGroup } from "./pipeline/command.ts"
export { causeText, compareIds } from "./support/compare-ids.ts"
export type { ComparedIds, IdDifference } from "./support/compare-ids.ts"
export { exp, log, log1p } from "./support/elementary/exponential.ts"
export { acos, cos, sin } from "./support/elementary/trigonometric.ts"
export { float16Limit, fromFloat16, toFloat16 } from "./support/float16.ts"
export type { Curve, Figure, FigureRow, Summary } from "./pipeline/figures.ts"
export type { Artifacts, Loss, Lost } from "./pipeline/losses.ts"
export { file, param } from "./pipeline/params.ts"
export type { FileRef, Param, Params, Values, Written } from "./pipeline/params.ts"
export { definePipeline } from "./pipeline/pipeline.ts"
export type { DiffSettings, Outputs, Pipeline } from "./pipeline/pipeline.ts"
export {
  each,
  group,
  many,
  member,
  memberNames,
  one,
  optional,
  rows,
  table,
  whole
} from "./pipeline/ports.ts"
export type { Form, Member, Output, Port, Ports, Table, TensorBlock } from "./pipeline/ports.ts"
export { below, normal, pick, seededRandom, shuffled } from "./support/random.ts"
export type { Random } from "./support/random.ts"
export { defineStage, failed } from "./pipeline/stage.ts"
export { StageError } from "./support/stage-error.ts"
export type { InputAt } from "./support/stage-error.ts"
export type { Batch, Failed, Ref, Stage } from "./pipeline/stage.ts"
export type { Fetcher } from "./pipeline/world.ts"
export type { FetchRequest } from "./pipeline/world.ts"
export type { RandomAccess } from "./pipeline/world.ts"
export type { SourceContext } from "./pipeline/world.ts"
export type { StageContext } from "./pipeline/world.ts"
export type { World } from "./pipeline/world.ts"
