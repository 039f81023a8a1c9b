/** Decodes the files of a data set. */
import { fileText, NotUtf8 } from "../../src/support/utf8.ts"
import { Problems } from "./problems.ts"

/**
 * A file's text.
 *
 * @throws {CocoError} not UTF-8, or compressed
 */
export function fileTextOf(bytes: Uint8Array, file: string): string {
  try {
    return fileText(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    return new Problems(file).fail("", `${error.message}; ${error.hint}`)
  }
}
