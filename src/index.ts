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
export { causeText, compareIds } from "./pipeline/compare-ids.ts"
export type { ComparedIds, IdDifference } from "./pipeline/compare-ids.ts"
export { exp, log, log1p } from "./pipeline/elementary/exponential.ts"
export { acos, cos, sin } from "./pipeline/elementary/trigonometric.ts"
export { float16Limit, fromFloat16, toFloat16 } from "./pipeline/float16.ts"
export type { Artifacts, Loss, Lost } from "./pipeline/losses.ts"
export { file, param } from "./pipeline/params.ts"
export type { FileRef, Param, Params, Values, Written } from "./pipeline/params.ts"
export { definePipeline } from "./pipeline/pipeline.ts"
export type { Outputs, Pipeline } from "./pipeline/pipeline.ts"
export { each, group, many, one, rows, table, whole } from "./pipeline/ports.ts"
export type { Form, Output, Port, Ports, Table, TensorBlock } from "./pipeline/ports.ts"
export { below, normal, pick, seededRandom, shuffled } from "./pipeline/random.ts"
export type { Random } from "./pipeline/random.ts"
export { defineStage, failed } from "./pipeline/stage.ts"
export type {
  Batch,
  Failed,
  RandomAccess,
  Ref,
  SourceContext,
  Stage,
  StageContext,
  Summary,
  World
} from "./pipeline/stage.ts"
