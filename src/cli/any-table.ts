/** Artifacts whose columns are known when the command runs, not when it was compiled. */
import type { Manifest } from "../store/manifest.ts"
import { artifactTable } from "../store/read-artifact.ts"
import type { StoreCalls } from "../store/store.ts"

export type Batch = Readonly<Record<string, ReadonlyArray<unknown>>>
export interface AnyTable {
  /** columns side by side, `item` among them */
  batches(...columns: ReadonlyArray<string>): AsyncIterable<Batch>
}
export const anyTable = (store: StoreCalls, node: string, manifest: Manifest): AnyTable =>
  artifactTable(store, node, manifest) as unknown as AnyTable
