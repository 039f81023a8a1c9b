/** Writes a file that the user asked for: atomically, and over an existing one only on request. */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { makeFolder } from "../support/make-folder.ts"
import { Problem } from "../support/problem.ts"

export interface OutFile {
  write(bytes: Uint8Array): void
}

/** Returns the number of bytes written. @throws Problem Usage where the file exists already */
export async function writeOut(
  to: string,
  overwrite: boolean,
  write: (file: OutFile) => Promise<void>
): Promise<number> {
  const target = path.resolve(to)
  const there = fs.statSync(target, { throwIfNoEntry: false })
  if (there?.isDirectory() === true)
    throw new Problem("Usage", `${to} is a folder`, { file: target, hint: "give the path of a file" })
  // a rename would replace it by a regular file
  if (there?.isFile() === false)
    throw new Problem("Usage", `${to} is a device or a pipe, not a file`, {
      file: target,
      hint: "give the path of a file"
    })
  if (there !== undefined && !overwrite)
    throw new Problem("Usage", `${to} already exists`, { file: target, hint: "--overwrite replaces it" })
  makeFolder(path.dirname(target))
  const temporary = `${target}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`
  let total = 0
  try {
    const handle = fs.openSync(temporary, "wx")
    try {
      await write({
        write(bytes) {
          for (let at = 0; at < bytes.length;) at += fs.writeSync(handle, bytes, at)
          total += bytes.length
        }
      })
    } finally {
      fs.closeSync(handle)
    }
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
  return total
}
