import * as path from "node:path"
import { wrongPath } from "../../src/support/file-names.ts"
import { OnnxError } from "./onnx-error.ts"

/**
 * The place of external weights, relative to the model's folder. It comes out of the file: a path that leads out of
 * the folder could read anything on this machine.
 *
 * Source: https://onnx.ai/onnx/repo-docs/ExternalData.html
 *
 * @throws {OnnxError} the path is empty, absolute, leaves the folder, or is no file's
 */
export function checkLocation(tensor: string, location: string): string {
  if (location === "") throw new OnnxError(`the external weights of ${tensor} have no location`)
  const normal = path.posix.normalize(location.replaceAll("\\", "/"))
  const leaves = normal === "../vision" || normal.startsWith("../vision/")
  if (leaves || path.posix.isAbsolute(normal) || path.win32.isAbsolute(location)) {
    throw new OnnxError(
      `the external weights of ${tensor} are at "${location}", outside of the model's folder: put the data file beside the model and save it again`
    )
  }
  const wrong = wrongPath(normal, "the model's folder")
  if (wrong !== null)
    throw new OnnxError(
      `the external weights of ${tensor} are at ${JSON.stringify(location)}, which ${wrong}`
    )
  return location
}
