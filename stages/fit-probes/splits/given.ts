/** A split from a file: which scenes to train on, and which to predict. */
import { readFile } from "node:fs/promises"
import { type FileRef, param, StageError, type Values } from "../../../src/index.ts"
import { fileText, NotUtf8 } from "../../../src/support/utf8.ts"
import { parseCsv } from "../../csv/parse-csv.ts"
import { INNER_FOLDS } from "../data/probe-data.ts"
import type { SplitKind } from "./split.ts"

export const givenParams = {
  file: param.file({ doc: "a CSV file with the columns scene and split, which is train or test" })
}

/** The parameter `split` of `fit-probes`: `given(file("splits.csv"))`. */
export const given = (file: FileRef) => ({ kind: "given", file }) as const

export const givenSplit: SplitKind<Values<typeof givenParams>> = {
  needs: () => `a probe needs 2 classes, ${INNER_FOLDS} images to train on, and one to predict`,
  split: async ({ file: { path } }, { scenes }) => {
    const sides = await readSides(path)
    const ofImage = new Map<string, Listed & { readonly scene: string }>()
    for (const [scene, listed] of sides) {
      const image = scenes.get(scene)
      if (image === undefined) continue
      const other = ofImage.get(image)
      if (other === undefined) ofImage.set(image, { scene, ...listed })
      else if (other.side !== listed.side)
        throw invalid(
          path,
          listed.line,
          `scene "${scene}" is ${listed.side}, but scene "${other.scene}" (line ${other.line}) shows the same image and is ${other.side}`,
          "an image has one side: probes would be tested on what they were trained on"
        )
    }
    const lacking = [...scenes.keys()].filter((scene) => !sides.has(scene))
    if (lacking.length > 0)
      throw invalid(
        path,
        null,
        `it lacks ${lacking.length} of ${scenes.size} scenes that examples ask about, such as "${lacking[0]}"`,
        "add a line for each, or leave their examples out"
      )
    const used = new Set(Array.from(ofImage.values(), ({ side }) => side))
    for (const side of ["train", "test"] as const)
      if (!used.has(side))
        throw invalid(path, null, `no scene that examples ask about is ${side}`, "a probe needs both sides")
    return {
      folds: 1,
      seeds: 1,
      seed: 0,
      leastImages: INNER_FOLDS + 1,
      splits: [{ seed: 0, fold: 0, isTest: (image) => ofImage.get(image)?.side === "test" }]
    }
  }
}

interface Listed {
  readonly side: "train" | "test"
  readonly line: number
}

/** The side of each scene, in the file's order. */
async function readSides(path: string): Promise<ReadonlyMap<string, Listed>> {
  const { header, records } = parsed(path, await readFile(path))
  const [scene, split] = ["scene", "split"].map((name) => {
    const column = header.indexOf(name)
    if (column < 0) throw invalid(path, 1, `there is no column "${name}"`, "its columns are scene and split")
    if (header.lastIndexOf(name) !== column)
      throw invalid(path, 1, `there are two columns "${name}"`, "its columns are scene and split")
    return column
  }) as [number, number]
  const sides = new Map<string, Listed>()
  for (const { line, cells } of records) {
    const [id, side] = [cells[scene]!, cells[split]!]
    if (side !== "train" && side !== "test")
      throw invalid(path, line, `the split of scene "${id}" is "${side}"`, "write train or test")
    const before = sides.get(id)
    if (before === undefined) sides.set(id, { side, line })
    else if (before.side !== side)
      throw invalid(
        path,
        line,
        `scene "${id}" is ${side}, but ${before.side} in line ${before.line}`,
        "give each scene one line"
      )
  }
  return sides
}

function parsed(path: string, bytes: Uint8Array): ReturnType<typeof parseCsv> {
  try {
    return parseCsv(fileText(bytes))
  } catch (cause) {
    if (cause instanceof NotUtf8) throw invalid(path, cause.line, cause.message, cause.hint, cause)
    // it names the line
    throw invalid(path, null, (cause as Error).message, "write it as RFC 4180 says", cause)
  }
}

const invalid = (file: string, line: number | null, problem: string, hint: string, cause?: unknown) =>
  new StageError(`${file}: ${line === null ? "" : `line ${line}: `}${problem}`, {
    file,
    field: "split.file",
    hint,
    cause
  })
