import { randomBytes } from "node:crypto"
import { constants, copyFileSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs"
import * as path from "node:path"
import { OnnxError } from "./onnx-error.ts"

/**
 * Copies files of external weights to the same places below another folder, unless they are the same files there.
 *
 * @param locations relative to either folder
 * @returns where they lie
 * @throws {OnnxError} one is missing, or another file is in its place
 */
export function copyDataFiles(
  locations: ReadonlyArray<string>,
  from: string,
  to: string,
  overwrite: boolean
): ReadonlyArray<string> {
  return locations.map((location) => {
    const [source, target] = [path.join(from, location), path.join(to, location)]
    const own = statSync(source, { throwIfNoEntry: false })
    if (own === undefined) {
      throw new OnnxError(`its weights are in ${source}, which is missing: copy it beside the model`)
    }
    const there = statSync(target, { throwIfNoEntry: false })
    if (there?.ino === own.ino && there.dev === own.dev) return target
    if (there !== undefined && !overwrite) {
      throw new OnnxError(
        `its weights would go to ${target}, where another file is: give the copy a folder of its own`
      )
    }
    mkdirSync(path.dirname(target), { recursive: true })
    const temporary = `${target}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`
    try {
      copyFileSync(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      renameSync(temporary, target)
    } finally {
      rmSync(temporary, { force: true })
    }
    return target
  })
}
