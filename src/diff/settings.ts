/** Thresholds and tolerances of a diff: those of the command line over those of the pipeline file. */
import type { Threshold } from "../pipeline/comparison.ts"
import type { DiffSettings } from "../pipeline/pipeline.ts"
import { own } from "../support/own.ts"
import { didYouMean, Problem, usage } from "../support/problem.ts"

export interface Settings {
  /** only those that were set; stages have defaults for the others */
  readonly thresholds: Readonly<Record<string, number>>
  /** by column; "*" for all others */
  readonly tolerance: Readonly<Record<string, number>>
}

/** `NAME=VALUE`. @throws Problem Usage */
export function readThresholds(texts: ReadonlyArray<string>): Settings["thresholds"] {
  return Object.fromEntries(texts.map((text) => namedNumber(text, "--threshold", "NAME=VALUE")))
}

/** `COLUMN=VALUE`, or a number for all columns. @throws Problem Usage */
export function readTolerance(texts: ReadonlyArray<string>): Settings["tolerance"] {
  return Object.fromEntries(
    texts.map((text): [string, number] => {
      const [column, value] = text.includes("=")
        ? namedNumber(text, "--tolerance", "COLUMN=VALUE, or a number for all columns")
        : ["*", numberIn(text, text, "--tolerance", "COLUMN=VALUE, or a number for all columns")]
      if (value < 0) throw usage(`--tolerance ${text}: a tolerance is 0 or more`, "--tolerance")
      return [column, value]
    })
  )
}

function namedNumber(text: string, option: string, form: string): [string, number] {
  const at = text.lastIndexOf("=")
  if (at <= 0) throw usage(`${option} ${text}: expected ${form}`, option)
  return [text.slice(0, at), numberIn(text.slice(at + 1), text, option, form)]
}
function numberIn(digits: string, text: string, option: string, form: string): number {
  const value = Number(digits)
  if (digits.trim() === "" || !Number.isFinite(value))
    throw usage(`${option} ${text}: expected ${form}, with a number`, option)
  return value
}

/** What a pipeline file sets. @throws Problem PipelineInvalid, since JavaScript does not check its types */
export function settingsOf({ thresholds = {}, tolerance = {} }: DiffSettings, file: string): Settings {
  const checked = (field: string, values: unknown, least: number) => {
    const entries = typeof values === "object" && values !== null ? Object.entries(values) : null
    const wrong = entries?.find(
      ([, value]) => typeof value !== "number" || !Number.isFinite(value) || value < least
    )
    if (entries === null || wrong !== undefined)
      throw new Problem(
        "PipelineInvalid",
        `diff.${field}${wrong === undefined ? "" : `.${wrong[0]}`} is not a number${least === 0 ? " from 0" : ""}`,
        {
          file,
          field: `diff.${field}`,
          hint: 'such as diff: { thresholds: { name: 0.02 }, tolerance: { "*": 1e-6 } }'
        }
      )
    return Object.fromEntries(entries) as Readonly<Record<string, number>>
  }
  return {
    thresholds: checked("thresholds", thresholds, -Infinity),
    tolerance: checked("tolerance", typeof tolerance === "number" ? { "*": tolerance } : tolerance, 0)
  }
}

/** @throws Problem for a name that nothing declares: Usage for one of the command line, else PipelineInvalid */
export function checkNames(
  names: Iterable<string>,
  known: ReadonlySet<string>,
  what: "threshold" | "column",
  /** null for those of the command line */
  file: string | null
): void {
  for (const name of names) {
    if (known.has(name)) continue
    const message = `there is no ${what} "${name}"`
    const all = known.size === 0 ? "there are none" : `there are: ${[...known].toSorted().join(", ")}`
    const hint = didYouMean(name, known) ?? all
    if (file === null) throw usage(message, what === "threshold" ? "--threshold" : "--tolerance", hint)
    throw new Problem("PipelineInvalid", message, { file, field: "diff", hint })
  }
}

/** @throws Problem for a threshold outside of its range: Usage for one of the command line, else PipelineInvalid */
export function checkRanges(
  set: Settings["thresholds"],
  declared: ReadonlyArray<readonly [string, Threshold]>,
  /** null for those of the command line */
  file: string | null
): void {
  for (const [name, { min = -Infinity, max = Infinity, doc }] of declared) {
    const value = own(set, name)
    if (value === undefined || (value >= min && value <= max)) continue
    const limits = [
      ...(min > -Infinity ? [`${min} or more`] : []),
      ...(max < Infinity ? [`${max} or less`] : [])
    ]
    const message = `threshold ${name}: ${value} is not ${limits.join(" and ")}`
    if (file === null) throw usage(message, "--threshold", doc)
    throw new Problem("PipelineInvalid", message, { file, field: "diff", hint: doc })
  }
}

/** The thresholds of one stage: as set, or its defaults. */
export const thresholdsFor = (
  declared: Readonly<Record<string, Threshold>>,
  set: Settings["thresholds"]
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(declared).map(([name, { default: usual }]) => [name, own(set, name) ?? usual])
  )
