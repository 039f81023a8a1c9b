/** Files that a user asked for: whole or not there, and never over another without being told so. */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { makeFolder } from "../support/make-folder.ts"
import { Problem } from "../support/problem.ts"

export interface OutFile {
  write(bytes: Uint8Array): void
}

/** Gives the bytes written. Fails with Usage where a file is in the way. */
export async function writeOut(
  to: string,
  overwrite: boolean,
  write: (file: OutFile) => Promise<void>
): Promise<number> {
  const target = path.resolve(to)
  const there = fs.statSync(target, { throwIfNoEntry: false })
  if (there?.isDirectory() === true)
    throw new Problem("Usage", `${to} is a folder`, { file: target, hint: "name the file to write" })
  // it would be replaced by a file of its name
  if (there?.isFile() === false)
    throw new Problem("Usage", `${to} is a device or a pipe, and no file`, {
      file: target,
      hint: "name the file to write"
    })
  if (there !== undefined && !overwrite)
    throw new Problem("Usage", `${to} is there already`, { file: target, hint: "--overwrite replaces it" })
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
