/** The table of shipped stages' codes: made from their source when Probeline is built, read when it runs. */
import * as fs from "node:fs"
import type { CodeParts } from "./bundle/stage-code.ts"

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
