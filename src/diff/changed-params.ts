/** The parameters that differ between two runs. */
import type { RunRecord } from "../store/records/run-record.ts"
import { own } from "../support/own.ts"

/** A parameter with its values; null where a run has no such parameter. */
export interface ChangedParam {
  readonly param: string
  readonly before: unknown
  readonly after: unknown
}

export function changedParams(
  run: Pick<RunRecord, "params">,
  before: Pick<RunRecord, "params"> | null
): ReadonlyArray<ChangedParam> {
  if (before === null) return []
  const names = [...new Set([...Object.keys(before.params), ...Object.keys(run.params)])]
  return names.flatMap((param) => {
    const [old, now] = [own(before.params, param) ?? null, own(run.params, param) ?? null]
    return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ param, before: old, after: now }]
  })
}

/** `scenes 40 → 45, seed 1 → 2` */
export const changedText = (changed: ReadonlyArray<ChangedParam>): string =>
  changed.map(({ param, before, after }) => `${param} ${valueText(before)} → ${valueText(after)}`).join(", ")
const valueText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value))
