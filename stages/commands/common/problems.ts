/** Turns errors from the readers of encoders, images and annotations into problems that the command line prints. */
import { own } from "../../../src/support/own.ts"
import { isProblem, Problem } from "../../../src/support/problem.ts"
import { NotUtf8 } from "../../../src/support/utf8.ts"
import { CocoError } from "../../coco/problems.ts"
import { EncoderError } from "../../vision/encoder.ts"

/**
 * Does work that concerns one file.
 *
 * @param hint what to do if the error itself does not say
 * @throws {Problem} InputInvalid, naming the file; errors that are not about the file are rethrown unchanged
 */
export async function withFile<A>(
  file: string,
  work: () => A | Promise<A>,
  hint: string | null = null
): Promise<A> {
  try {
    return await work()
  } catch (error) {
    throw problemOf(error, file, hint)
  }
}

function problemOf(error: unknown, file: string, hint: string | null): unknown {
  if (!(error instanceof Error) || isProblem(error)) return error
  const { message } = error
  if (error instanceof EncoderError)
    return new Problem("InputInvalid", message, { file: error.file, hint: error.hint, cause: error })
  if (error instanceof CocoError)
    return new Problem("InputInvalid", message, { file, field: error.field || null, hint, cause: error })
  if (aboutFiles.has(error.name))
    return new Problem("InputInvalid", message.includes(file) ? message : `${file}: ${message}`, {
      file,
      hint: hint ?? (error instanceof NotUtf8 ? error.hint : message.includes("truncated") ? cutOff : null),
      cause: error
    })
  const { code = "", syscall } = error as NodeJS.ErrnoException
  const reason = own(reasons, code) ?? (syscall === undefined ? null : cannotBeRead(message))
  return reason === null
    ? error
    : new Problem("InputInvalid", reason(file), { file, hint: "check the path", cause: error })
}

/** Errors about a file that may leave its name to the caller. */
const aboutFiles = new Set(["OnnxError", "ImageError", "MaskError", "TensorFileError", "NotUtf8"])

const cutOff = "a download or copy may be incomplete: fetch or export it again, and compare its size"
const cannotBeRead = (message: string) => (file: string) => `${file} cannot be read: ${message}`
const reasons: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => `there is no file ${file}`,
  ENOTDIR: (file) => `there is no file ${file}`,
  EISDIR: (file) => `${file} is a folder`,
  EINVAL: (file) => `${file} is not a regular file`,
  EACCES: (file) => `${file} may not be read`
}
