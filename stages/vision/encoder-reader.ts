/** Reads an encoder's files: through a recording world when planning, from the file system when computing. */
import { existsSync } from "node:fs"
import type { World } from "../../src/index.ts"
import { readRegular } from "../../src/support/regular-file.ts"
import { fileText, NotUtf8 } from "../../src/support/utf8.ts"
import { EncoderError } from "./encoder-error.ts"
import { fileAccess, type FileReader } from "../onnx/access.ts"

export interface EncoderReader {
  readonly open: (file: string) => Promise<FileReader & { close?: () => void }>
  readonly textIfPresent: (file: string) => Promise<string | null>
  readonly fetch: World["fetch"]
}

export const plainReader: EncoderReader = {
  open: async (at) => fileAccess(at),
  textIfPresent: async (at) => (existsSync(at) ? textOf(at, readRegular(at)) : null),
  fetch: async ({ what }) => {
    throw new EncoderError(
      `${what} is not in the cache`,
      what,
      "it is downloaded when a run is planned, or by `probeline encoders fetch`; do not delete it during a run"
    )
  }
}

export const worldReader = (world: World): EncoderReader => ({
  open: async (at) => {
    const access = await world.open(at)
    if (access === null)
      throw new EncoderError(
        `there is no file ${at}`,
        at,
        "check the path: in a pipeline file it is relative to that file"
      )
    return access
  },
  textIfPresent: async (at) => {
    const bytes = await world.readIfPresent(at)
    return bytes === null ? null : textOf(at, bytes)
  },
  fetch: (wanted) => world.fetch(wanted)
})

function textOf(file: string, bytes: Uint8Array): string {
  try {
    return fileText(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    throw new EncoderError(`${file}: ${error.message}`, file, error.hint, error)
  }
}
