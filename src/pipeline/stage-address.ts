/** Where a worker finds a stage: a module to import, and the export in it. */
export interface StageAddress {
  readonly url: string
  /** the module's namespace, in a bundle that has several; null where `url` is the module itself */
  readonly module: string | null
  readonly export: string
}
