import * as fs from "node:fs"
/** The identity of a stage's code. */
import { digestOf } from "./hash.ts"

export interface StageCode {
  /** module path relative to the pipeline's folder, or package specifier; null for a versioned stage that is not exported */
  readonly module: string | null
  readonly export: string | null
  /** whether it is one of `probeline/stages` */
  readonly shipped: boolean
  /** sha256, hexadecimal: the stage's own code and the versions of the packages that it imports */
  readonly digest: string
  /** for explanations: digests of the code that each module contributes, by path */
  readonly modules: Readonly<Record<string, string>>
  /** for explanations: versions of imported packages, except `probeline` */
  readonly packages: Readonly<Record<string, string>>
}

/** The digests of one export. */
export type CodeParts = Pick<StageCode, "digest" | "modules" | "packages">

/** `version` replaces the code: bump it to make the stage stale, keep it to refactor without a re-run. */
export const versionedCode = (version: string): CodeParts => ({
  digest: digestOf("version", version),
  modules: {},
  packages: {}
})
/**
 * A stage from `node_modules` is identified by its package's name and version, not by its code.
 *
 * @param file the package's file that exports it (`packageFile`)
 */
export const packagedCode = (name: string, version: string, stage: string, file: string): CodeParts => ({
  digest: digestOf("package", name, version, stage, file),
  modules: {},
  packages: { [name]: version }
})

export interface ShippedCodes {
  /** by export name in `probeline/stages` */
  readonly stages: Readonly<Record<string, CodeParts>>
  /** digests of the other exports of `probeline/stages`, which users' stages may use */
  readonly helpers: Readonly<Record<string, string>>
}

export function readShippedCodes(file: string): ShippedCodes {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as ShippedCodes
  } catch (cause) {
    throw new Error(`${file} is missing or damaged: rebuild or reinstall Probeline`, { cause })
  }
}
