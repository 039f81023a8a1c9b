/** Rows of a published CSV, checked against the encoders and tasks that it may name. */
import { StageError } from "../../src/index.ts"
import type { parseCsv } from "../csv/parse-csv.ts"

export interface PublishedEncoder {
  readonly key: string
  readonly blocks: number
  readonly firstLayer: number
  readonly tap: string
}
interface Known {
  readonly encoders: ReadonlyArray<PublishedEncoder>
  readonly tasks: ReadonlyArray<{
    readonly task: string
    readonly primary: ReadonlyArray<string>
    readonly secondary: ReadonlyArray<string>
  }>
}
export interface PublishedResult {
  readonly line: number
  readonly encoder: PublishedEncoder
  readonly task: string
  /** from 0, whatever the file's first number is */
  readonly layer: number
  readonly token: string
  /** `primary`, `secondary`; `image` for a token of the whole image */
  readonly source: string
  readonly target: string
  readonly accuracy: number
  /** of the target, in this task */
  readonly classes: number
}

const columns = ["encoder", "task", "layer", "token", "source_object", "target", "accuracy"] as const
const imageTokens = ["cls", "avg_all"]
const tokens = ["avg_obj", "random_obj", "random", ...imageTokens]
const sources = ["primary", "secondary"]
const targets = ["primary", "secondary", "pair"]

/**
 * The rows in the file's order.
 *
 * The published code fitted a token of the whole image once for each object, with the same result. Here it has one row,
 * whose source is `image`, as in a run's own tables.
 *
 * @throws StageError naming file and line: a missing column, an unknown encoder, task, layer, token, source or target, an
 *   accuracy outside 0 … 1, two rows for one question
 */
export function parseResults(
  file: string,
  { header, records }: ReturnType<typeof parseCsv>,
  { encoders, tasks }: Known
): ReadonlyArray<PublishedResult> {
  const fail = (line: number, field: string, message: string, hint: string): never => {
    throw new StageError(`${file}: line ${line}: ${message}`, { file, field, hint })
  }
  const at = columns.map((name) => {
    const index = header.indexOf(name)
    return index >= 0
      ? index
      : fail(1, name, `there is no column "${name}"`, `it needs ${columns.join(", ")}`)
  })
  const encoderOf = new Map(encoders.map((one) => [one.key, one]))
  const taskOf = new Map(tasks.map((one) => [one.task, one]))
  const found = new Map<string, PublishedResult & { readonly object: string }>()
  for (const { line, cells } of records) {
    const [key, task, layerText, token, object, target, text] = at.map((index) => cells[index]!) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string
    ]
    for (const [field, value, known] of [
      ["encoder", key, [...encoderOf.keys()]],
      ["task", task, [...taskOf.keys()]],
      ["token", token, tokens],
      ["source_object", object, sources],
      ["target", target, targets]
    ] as const)
      if (!known.includes(value))
        fail(line, field, `the ${field} "${value}" is not known`, `known are ${known.join(", ")}`)
    const encoder = encoderOf.get(key)!
    const layer = Number(layerText) - encoder.firstLayer
    const last = encoder.firstLayer + encoder.blocks - 1
    if (!/^\d{1,6}$/.test(layerText) || layer < 0 || layer >= encoder.blocks)
      fail(line, "layer", `"${key}" has no layer "${layerText}"`, `it has ${encoder.firstLayer} to ${last}`)
    const accuracy = text.trim() === "" ? NaN : Number(text)
    if (!(accuracy >= 0 && accuracy <= 1))
      fail(line, "accuracy", `the accuracy "${text}" is not a number from 0 to 1`, "write 0.5 for a half")
    const source = imageTokens.includes(token) ? "image" : object
    const question = JSON.stringify([key, task, layer, token, source, target])
    const before = found.get(question)
    if (before === undefined) {
      const classes = classesOf(taskOf.get(task)!, target)
      found.set(question, { line, encoder, task, layer, token, source, target, accuracy, classes, object })
    } else if (before.object === object)
      fail(line, "accuracy", `line ${before.line} has the same question`, "keep one")
    else if (before.accuracy !== accuracy)
      fail(
        line,
        "accuracy",
        `line ${before.line} gives ${before.accuracy} for this token of the whole image, which does not depend on the object`,
        "keep one"
      )
  }
  return [...found.values()]
}

function classesOf({ primary, secondary }: Known["tasks"][number], target: string): number {
  const sizes: Readonly<Record<string, number>> = {
    primary: primary.length,
    secondary: secondary.length,
    pair: primary.length * secondary.length
  }
  return sizes[target]!
}
