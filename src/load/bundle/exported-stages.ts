/** Finds the stages among the exports of a loaded bundle. */
import type { AnyStage } from "../../pipeline/stage.ts"
import type { BundleExports, Namespace } from "./bundle.ts"

/** Where a stage is exported. */
export interface ExportedStage {
  readonly from: "module" | "package" | "shipped"
  /** a key of the bundle's `modules` or `packages`; null for a shipped stage */
  readonly key: string | null
  readonly export: string
  readonly stage: AnyStage
}

/** @returns the stage if the value came from `defineStage`, else null */
export const stageIn = (value: unknown): AnyStage | null => {
  if (typeof value !== "function" || !("stage" in value)) return null
  const stage = value.stage as Partial<AnyStage> | null
  return typeof stage?.name === "string" && typeof stage.spec?.compute === "function"
    ? (stage as AnyStage)
    : null
}

/** Each stage once, at its first export. Modules are in execution order, so that is where it is declared. */
export function exportedStages(bundle: BundleExports): ReadonlyMap<AnyStage, ExportedStage> {
  const found = new Map<AnyStage, ExportedStage>()
  const look = (from: ExportedStage["from"], key: string | null, namespace: Namespace) => {
    for (const [name, value] of Object.entries(namespace)) {
      const stage = stageIn(value)
      if (stage !== null && !found.has(stage)) found.set(stage, { from, key, export: name, stage })
    }
  }
  // shipped stages and those of packages first: a local module may re-export them
  if (bundle.shipped !== null) look("shipped", null, bundle.shipped)
  for (const [key, namespace] of Object.entries(bundle.packages)) look("package", key, namespace)
  for (const [key, namespace] of Object.entries(bundle.modules)) look("module", key, namespace)
  return found
}
