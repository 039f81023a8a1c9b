/** `encoders tap`: copies an encoder with its taps as outputs under their stable names, for any onnxruntime. */
import { existsSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Answer } from "../../src/index.ts"
import { makeFolder } from "../../src/support/make-folder.ts"
import { Problem, usage } from "../../src/support/problem.ts"
import { writeTapped } from "../onnx/write-tapped.ts"
import { givenStructure, type GivenWords } from "./common/given.ts"
import { howToGive, readEncoder } from "./inspect.ts"
import { ofAllBlocks } from "./inspect-text.ts"
import { withFile } from "./common/problems.ts"

export interface TapArgs extends GivenWords {
  readonly file: string
  readonly output: string | null
  readonly taps: string | null
  readonly overwrite: boolean
}

/** @throws {Problem} Usage: no output path, or an existing file; InputInvalid: as `inspectEncoder`, or no such tap */
export async function tapCommand(args: TapArgs): Promise<Answer> {
  const { file, output, taps, overwrite } = args
  if (output === null) throw usage("-o PATH is missing", "--output", "-o tapped.onnx")
  const given = givenStructure(args)
  checkTarget(file, output, overwrite)
  // report a file that is not a model as such, before looking at its structure
  await withFile(file, () => readEncoder(file))
  const options = { ...(taps === null ? {} : { taps }), given, overwrite }
  const written = await withFile(
    file,
    () => writing(file, output, () => writeTapped(file, output, options)),
    taps === null ? howToGive : "`probeline encoders inspect` lists an encoder's taps"
  )
  const { outputs, bytes, dataFiles } = written
  return {
    json: { file, output, bytes, outputs, dataFiles },
    text: ({ paint }) =>
      [
        `${paint("bold", output)}: ${outputs.length} taps as outputs, ${(bytes / 1e6).toFixed(1)} MB`,
        `  ${[...new Set(outputs.map(({ name }) => ofAllBlocks(name)))].join(", ")}`,
        ...dataFiles.map((at) => `  weights beside it: ${at}`)
      ].join("\n")
  }
}

function checkTarget(file: string, output: string, overwrite: boolean): void {
  if (!existsSync(output)) return
  const there = statSync(output)
  const own = statSync(file, { throwIfNoEntry: false })
  if (own !== undefined && own.ino === there.ino && own.dev === there.dev)
    throw usage(`${output} is the model itself`, "--output", "give the copy another name")
  if (there.isDirectory()) throw usage(`${output} is a folder`, "--output", "name the file to write")
  if (!there.isFile())
    throw usage(`${output} is a device or a pipe, not a file`, "--output", "name the file to write")
  if (!overwrite) throw usage(`${output} already exists`, "--output", "use --overwrite to replace it")
}

/** @throws {Problem} StoreWriteFailed: the system refuses to write (no permission, no space) */
function writing<A>(file: string, output: string, write: () => A): A {
  try {
    makeFolder(path.dirname(output))
    return write()
  } catch (error) {
    const { syscall, path: at, message } = error as NodeJS.ErrnoException
    if (syscall === undefined || syscall === "read" || at === file) throw error
    throw new Problem("StoreWriteFailed", `${output} could not be written: ${message}`, {
      file: path.resolve(output),
      hint: "name another place with -o PATH",
      cause: error
    })
  }
}
