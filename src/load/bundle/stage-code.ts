import * as fs from "node:fs"
/** The identity of a stage's code. */
import { digestOf } from "./hash.ts"

export interface StageCode {
  /** path of the module from the pipeline's folder, or the specifier of a package; null for a versioned stage that is not exported */
  readonly module: string | null
  readonly export: string | null
  /** is it one of `probeline/stages`? */
  readonly shipped: boolean
  /** sha256, hexadecimal: the stage's own code and the versions of the packages that it imports */
  readonly digest: string
  /** explains: digests of the code that each module contributes, by path */
  readonly modules: Readonly<Record<string, string>>
  /** explains: versions of the packages that the code imports; `probeline` is left out */
  readonly packages: Readonly<Record<string, string>>
}

/** What is digested of one export. */
export type CodeParts = Pick<StageCode, "digest" | "modules" | "packages">

/** `version` stands for the code: bump it to make the stage stale, keep it to refactor without a re-run. */
export const versionedCode = (version: string): CodeParts => ({
  digest: digestOf("version", version),
  modules: {},
  packages: {}
})
/**
 * A stage that a package in `node_modules` brings: its code is the package at its version.
 *
 * @param file the package's file that exports it (`packageFile`)
 */
export const packagedCode = (name: string, version: string, stage: string, file: string): CodeParts => ({
  digest: digestOf("package", name, version, stage, file),
  modules: {},
  packages: { [name]: version }
})

export interface ShippedCodes {
  /** by the name that `probeline/stages` exports it by */
  readonly stages: Readonly<Record<string, CodeParts>>
  /** digests of what else `probeline/stages` exports: stages of one's own may use it */
  readonly helpers: Readonly<Record<string, string>>
}

export function readShippedCodes(file: string): ShippedCodes {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as ShippedCodes
  } catch (cause) {
    throw new Error(`${file} is missing or damaged: build or install Probeline again`, { cause })
  }
}
