/** The address by which a worker finds a stage: a module to import, and the export in it. */
export interface StageAddress {
  readonly url: string
  /** the module's namespace in a bundle of several; null if `url` is the module itself */
  readonly module: string | null
  readonly export: string
}
