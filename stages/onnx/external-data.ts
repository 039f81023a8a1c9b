/**
 * The files of a model's weights: finds them, names them for onnxruntime when the model is passed as bytes, and
 * copies them.
 */
import { randomBytes } from "node:crypto"
import {
  lstatSync,
  realpathSync,
  constants,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs"
import * as path from "node:path"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"

export interface WeightFiles {
  /** the deepest folder that contains all files, absolute and with symlinks resolved */
  readonly folder: string
  /** the model's own file, relative to that folder */
  readonly own: string
  /** data files: location in the model → the file's real path, relative to that folder */
  readonly outside: ReadonlyMap<string, string>
}

/** Tells a session where to look for weights, because a model passed as bytes has no folder. */
export const folderOption = (
  folder: string
): {
  readonly extra: { readonly session: { readonly model_external_initializers_file_folder_path: string } }
} => ({
  extra: { session: { model_external_initializers_file_folder_path: folder } }
})

/**
 * Finds the files of a model's weights, with symlinks resolved. onnxruntime refuses symlinks that lead out of its
 * folder, and all files in Hugging Face's cache are such symlinks; given real paths, it maps the files into memory.
 *
 * @throws {OnnxError} a data file is missing, or on another drive than the model; the message does not name the model
 */
export function weightFiles({ externalFiles }: Model, modelPath: string): WeightFiles {
  const own = realpathSync(modelPath)
  const beside = path.dirname(modelPath)
  const real = externalFiles.map((location) => {
    const file = path.join(beside, location)
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return realFile(file)
    throw new OnnxError(`its weights file ${file} is missing: copy it beside the model`)
  })
  const folder = real.reduce(commonFolder, path.dirname(own))
  const relative = (file: string): string => {
    const place = path.relative(folder, file)
    if (path.isAbsolute(place)) {
      throw new OnnxError(`its weights file ${file} is on another drive: copy it beside the model`)
    }
    // ONNX uses "/" in paths on all systems
    return place.split(path.sep).join("/")
  }
  return {
    folder,
    own: relative(own),
    outside: new Map(externalFiles.map((location, i) => [location, relative(real[i]!)]))
  }
}

function realFile(file: string): string {
  try {
    return realpathSync(file)
  } catch (error) {
    throw new OnnxError(
      `its weights file ${file} is a dangling symlink: fetch it again (${(error as Error).message})`,
      { cause: error }
    )
  }
}

/** The deepest folder that contains both. */
function commonFolder(folder: string, file: string): string {
  for (let common = folder; ;) {
    const way = path.relative(common, file)
    const isBelow = way !== ".." && !way.startsWith(`..${path.sep}`)
    const above = path.dirname(common)
    if (isBelow || above === common) return common
    common = above
  }
}

/**
 * Copies external weights to the same relative paths in another folder, unless the same files are already there.
 *
 * @param locations relative to either folder
 * @returns the paths of the copies
 * @throws {OnnxError} one is missing, or a different file is in its place
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
      throw new OnnxError(`its weights file ${source} is missing: copy it beside the model`)
    }
    const there = statSync(target, { throwIfNoEntry: false })
    if (there?.ino === own.ino && there.dev === own.dev) return target
    if (there !== undefined && !overwrite) {
      throw new OnnxError(
        `its weights would overwrite a different file, ${target}: write the copy to another folder`
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
