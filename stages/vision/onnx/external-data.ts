import { lstatSync, readFileSync, realpathSync } from "node:fs"
import * as path from "node:path"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"

/** What onnxruntime needs, beside the bytes of a model, to find weights that lie outside of its file. */
export interface ExternalDataOptions {
  readonly externalData?: ReadonlyArray<{ readonly path: string; readonly data: Uint8Array }>
  readonly extra?: { readonly session: { readonly model_external_initializers_file_folder_path: string } }
}

/** The folder, without links, in which onnxruntime looks for weights of a model that is given as bytes. */
export const folderOption = (folder: string): ExternalDataOptions => ({
  extra: { session: { model_external_initializers_file_folder_path: folder } }
})

/**
 * A model that is given as bytes has no folder: it is named. onnxruntime refuses data files that are symbolic links
 * out of that folder, as all are in Hugging Face's cache: those are read here and given as bytes.
 *
 * @throws {OnnxError} a data file is missing
 */
export function externalDataOptions({ externalFiles }: Model, modelPath: string): ExternalDataOptions {
  if (externalFiles.length === 0) return {}
  const folder = realpathSync(path.dirname(modelPath))
  const isPlain = externalFiles.every((location) => !isLinked(folder, location, modelPath))
  if (isPlain) return folderOption(folder)
  return {
    externalData: externalFiles.map((location) => ({
      path: location,
      data: readFileSync(path.join(folder, location))
    }))
  }
}

function isLinked(folder: string, location: string, modelPath: string): boolean {
  const file = path.join(folder, location)
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new OnnxError(
      `${modelPath}: its weights are in ${file}, which is missing: copy it beside the model`
    )
  }
  return realpathSync(file) !== file
}
