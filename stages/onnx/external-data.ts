/** The files of a model's weights: where they lie, as onnxruntime has to be told of a model that it is given as bytes, and how they are copied. */
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
  /** the nearest folder that all files are below, absolute and without links */
  readonly folder: string
  /** the model's own file, relative to that folder */
  readonly own: string
  /** data files: location in the model → place of the file itself, relative to that folder */
  readonly outside: ReadonlyMap<string, string>
}

/** What tells a session the folder in which it looks for weights: a model that is given as bytes has none. */
export const folderOption = (
  folder: string
): {
  readonly extra: { readonly session: { readonly model_external_initializers_file_folder_path: string } }
} => ({
  extra: { session: { model_external_initializers_file_folder_path: folder } }
})

/**
 * The files of a model's weights, behind all links: onnxruntime refuses links that lead out of its folder, and in
 * Hugging Face's cache all files are such. Named where they truly are, it maps them into memory itself.
 *
 * @throws {OnnxError} a data file is missing, or on another drive than the model; the message does not name the model
 */
export function weightFiles({ externalFiles }: Model, modelPath: string): WeightFiles {
  const own = realpathSync(modelPath)
  const beside = path.dirname(modelPath)
  const real = externalFiles.map((location) => {
    const file = path.join(beside, location)
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return realFile(file)
    throw new OnnxError(`its weights are in ${file}, which is missing: copy it beside the model`)
  })
  const folder = real.reduce(commonFolder, path.dirname(own))
  const relative = (file: string): string => {
    const place = path.relative(folder, file)
    if (path.isAbsolute(place)) {
      throw new OnnxError(`its weights are in ${file}, on another drive: copy it beside the model`)
    }
    // ONNX names places with "/" on all systems
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
      `its weights are in ${file}, which is a link to nothing: fetch it again (${(error as Error).message})`,
      { cause: error }
    )
  }
}

/** The folder itself if the file is below it, or the nearest of those above it. */
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
