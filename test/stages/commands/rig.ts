/** What tests of the encoders' commands share: a folder, images, encoders, and a command line's end of a command. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import type { Terminal, StageCommandContext } from "../../../src/pipeline/command.ts"
import { Problem } from "../../../src/support/problem.ts"
import { encodePng } from "../../../stages/sample-scenes/synthetic/png.ts"

export const quickstart = fileURLToPath(new URL("../../fixtures/vit-random/model.onnx", import.meta.url))
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/onnx/${name}`, import.meta.url))

export const makeFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "probeline-encoders-"))

/** Text without colours; tables with a tab between cells. */
export const look: Terminal = {
  paint: (_, text) => text,
  width: 100,
  table: (head, rows) => [head, ...rows].map((row) => row.join("\t")).join("\n")
}

/** Writes as the command line does, and keeps what is logged. */
export const context = (logged: Array<string> = []): StageCommandContext => ({
  signal: new AbortController().signal,
  log: (message) => void logged.push(message),
  writeFile: async (file, overwrite, write) => {
    if (fs.existsSync(file) && !overwrite) throw new Problem("Usage", `${file} is there already`)
    const parts: Array<Uint8Array> = []
    await write({ write: (bytes) => void parts.push(bytes) })
    fs.writeFileSync(file, Buffer.concat(parts))
    return fs.statSync(file).size
  }
})

/** Writes an image whose pixel (x, y) is `colourAt(x, y)`. */
export async function writeImage(
  file: string,
  height: number,
  width: number,
  colourAt: (x: number, y: number) => readonly [number, number, number]
): Promise<string> {
  const pixels = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) pixels.set(colourAt(x, y), (y * width + x) * 3)
  fs.writeFileSync(file, await encodePng(pixels, height, width))
  return file
}

/** The problem that a promise is rejected with. */
export async function problemOf(rejected: Promise<unknown>): Promise<Problem> {
  const error = await rejected.then(
    () => new Error("it was not rejected"),
    (reason: unknown) => reason
  )
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}
