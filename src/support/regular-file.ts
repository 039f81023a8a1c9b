/**
 * Reads regular files only: opening a named pipe would block the process, Ctrl-C included, and a device may
 * never end.
 */
import * as fs from "node:fs"

/**
 * Opens a file for reading; the caller closes the descriptor.
 *
 * @throws Node's error if the file cannot be opened; an error with code EISDIR for a folder, and with code
 *   EINVAL for anything else that is not a regular file
 */
export function openRegular(file: string): number {
  // without O_NONBLOCK, opening a pipe waits for a writer
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  try {
    const stat = fs.fstatSync(descriptor)
    if (stat.isFile()) return descriptor
    const [code, what] = stat.isDirectory() ? ["EISDIR", "a folder"] : ["EINVAL", "not a regular file"]
    throw Object.assign(new Error(`${code}: ${file} is ${what}`), { code, path: file, syscall: "open" })
  } catch (error) {
    fs.closeSync(descriptor)
    throw error
  }
}

/** The most bytes that Node reads at once. */
const mostBytes = 2 ** 31 - 1

/**
 * All bytes of a file.
 *
 * @throws the errors of `openRegular`, Node's error if the file cannot be read, and an error with code EFBIG
 *   if it has more than 2 GiB
 */
export function readRegular(file: string): Buffer {
  const descriptor = openRegular(file)
  try {
    const { size } = fs.fstatSync(descriptor)
    if (size > mostBytes)
      throw Object.assign(new Error(`EFBIG: ${file} has ${size} bytes, and 2 GiB at most are read at once`), {
        code: "EFBIG",
        path: file,
        syscall: "read"
      })
    return fs.readFileSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}
