/** What the readers of encoders, images and annotations throw, as problems that the command line prints. */
import { isProblem, Problem } from "../../../src/pipeline/problem.ts"
import { CocoError } from "../../sample-scenes/coco/problems.ts"
import { EncoderError } from "../encoder.ts"
import { ImageError } from "../image.ts"
import { OnnxError } from "../onnx/onnx-error.ts"

export const usage = (message: string, field: string, hint: string): Problem =>
  new Problem("Usage", message, { field, hint })

/**
 * Does what concerns one file.
 *
 * @throws {Problem} InputInvalid, which names the file; what is no known fault of a file is thrown as it is
 */
export async function withFile<A>(file: string, work: () => A | Promise<A>): Promise<A> {
  try {
    return await work()
  } catch (error) {
    throw problemOf(error, file)
  }
}

function problemOf(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || isProblem(error)) return error
  const invalid = (message: string, where: { file?: string; field?: string | null; hint?: string } = {}) =>
    new Problem("InputInvalid", message, { file, ...where, cause: error })
  if (error instanceof EncoderError) return invalid(error.message, error)
  if (error instanceof CocoError) return invalid(error.message, { field: error.field || null })
  if (error instanceof OnnxError || error instanceof ImageError) {
    return invalid(error.message.includes(file) ? error.message : `${file}: ${error.message}`)
  }
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ""]
  return reason === undefined ? error : invalid(reason(file), { hint: "check the path" })
}

const reasons: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => `there is no file ${file}`,
  ENOTDIR: (file) => `there is no file ${file}`,
  EISDIR: (file) => `${file} is a folder`,
  EACCES: (file) => `${file} may not be read`
}
