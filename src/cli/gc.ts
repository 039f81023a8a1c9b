/** `gc`: deletes whatever no kept run uses, and reports what it deleted. */
import * as Effect from "effect/Effect"
import { attempt } from "../run/attempt.ts"
import { collectGarbage, type GcReport, type RootRun } from "../store/gc/gc.ts"
import { runAsItIs } from "../store/runs/run-so-far.ts"
import { sweepLocks } from "../store/lock/sweep.ts"
import type { Paint } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { bytes, count, counted } from "../support/numbers.ts"
import { existingStore } from "../project/open-store.ts"
import { textTable } from "../support/text-table.ts"
import { usage } from "../support/problem.ts"

const usualKeep = 10
const usualGrace = "1h"

export const gcCommand = defineCommand({
  name: "gc",
  doc: "delete whatever recent and pinned runs do not use",
  positionals: [],
  options: {
    keep: {
      kind: "count",
      value: "N",
      doc: `of each pipeline, keep the last N runs that produced something new (default: ${usualKeep})`
    },
    grace: {
      kind: "text",
      value: "TIME",
      doc: `keep anything created or used within this time, such as 90m or 2d (default: ${usualGrace})`
    },
    "dry-run": { kind: "flag", alias: "n", doc: "show what would be deleted, without deleting anything" }
  },
  examples: [
    ["gc -n", "show what would be deleted"],
    ["gc --keep 3", "keep the last three runs of each pipeline, and pinned runs"]
  ],
  run: ({ keep, grace, "dry-run": dryRun }, { output, json, store: root, now }) =>
    Effect.gen(function* () {
      const graceMs = yield* attempt(() => readDuration("--grace", grace ?? usualGrace))
      const store = yield* attempt(() => existingStore(root))
      const found = yield* collectGarbage(store, {
        keep: keep ?? usualKeep,
        grace: graceMs,
        now: now().getTime(),
        dryRun
      })
      // as `runs` shows it: a killed run is not running
      const report = {
        ...found,
        runs: found.runs.map((run) => ({
          ...run,
          record: run.record === null ? null : runAsItIs(run.record, store, now().getTime())
        }))
      }
      const locks = dryRun ? 0 : yield* sweepLocks(store, () => now().getTime())
      output.out(json ? JSON.stringify({ ...gcJson(report), locks }) : gcText(report, output.paint))
      return 0
    })
})

export const gcJson = ({ freed, kept, runs, dryRun }: GcReport) => ({
  freed,
  kept,
  runs: runs.map(({ id, record, keptFor }) => ({
    run: id,
    pipeline: record?.pipeline ?? null,
    kept: keptFor !== null,
    why: keptFor
  })),
  dryRun
})

export function gcText({ freed, kept, runs, dryRun }: GcReport, paint: Paint): string {
  const gone = runs.filter(({ keptFor }) => keptFor === null)
  const freedWord = dryRun ? "would free" : "freed"
  const kinds = Object.entries(freed.byKind).map(([kind, files]) => `${count(files)} in ${kind}`)
  return [
    ...(gone.length === 0
      ? []
      : [
          textTable([`runs ${dryRun ? "to delete" : "deleted"}`, "pipeline", ""], gone.map(runRow), {
            paint
          }),
          ""
        ]),
    ...runs.flatMap(({ id, keptFor }) =>
      keptFor === "unreadable"
        ? [`${paint("yellow", "warning:")} cannot read the record of run ${id}: probeline verify --repair`]
        : []
    ),
    freed.files === 0
      ? "nothing to free"
      : `${paint("bold", `${freedWord} ${bytes(freed.bytes)}`)}: ${counted(freed.files, "file")} (${kinds.join(", ")})`,
    `kept ${bytes(kept.bytes)}: ${counted(kept.runs, "run")}${whys(runs)}, ${counted(kept.files, "file")}`,
    ...(dryRun ? ["(dry run: nothing was deleted)"] : [])
  ].join("\n")
}

const runRow = ({ id, record }: RootRun) => [id, record?.pipeline ?? "–", record?.status ?? ""]

/** ` (2 pinned, 1 running)` */
function whys(runs: ReadonlyArray<RootRun>): string {
  const parts = (["pinned", "running", "young"] as const).flatMap((why) => {
    const n = runs.filter(({ keptFor }) => keptFor === why).length
    return n === 0 ? [] : `${count(n)} ${why}`
  })
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** In milliseconds. @throws Problem Usage */
function readDuration(option: string, text: string): number {
  const found = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  if (text === "0") return 0
  if (found === null)
    throw usage(
      `${option}: expected a time such as 90s, 30m, 1h or 2d, got "${text}"`,
      option,
      "0 means no grace period"
    )
  return Number(found[1]) * units[found[2] as keyof typeof units]
}
