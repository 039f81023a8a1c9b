/** `verify`: checks every file of the store against its checksum. */
import * as Effect from "effect/Effect"
import { attempt } from "../run/attempt.ts"
import { Problem } from "../support/problem.ts"
import { repairStore } from "../store/verify/repair.ts"
import { type Verified, verifyStore } from "../store/verify/verify.ts"
import type { Paint } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { failureJson, failureText } from "./failure.ts"
import { bytes, count, counted } from "../support/numbers.ts"
import { existingStore } from "../project/open-store.ts"
import { type TableCell, textTable } from "../support/text-table.ts"

export const verifyCommand = defineCommand({
  name: "verify",
  doc: "check every file against its checksum",
  positionals: [],
  options: {
    repair: { kind: "flag", doc: "delete damaged files; the next run recomputes them" }
  },
  examples: [
    ["verify", "exit code 5 if anything is damaged"],
    ["verify --repair", "delete damaged files"]
  ],
  run: ({ repair }, { output, json, store: root }) =>
    Effect.gen(function* () {
      const store = yield* attempt(() => existingStore(root))
      const verified = yield* verifyStore(store)
      const removed = repair ? yield* repairStore(store, verified) : null
      const problem = removed === null ? damageProblem(verified, root) : null
      if (json) output.out(JSON.stringify(verifyJson(verified, removed, problem)))
      else output.out(verifyText(verified, removed, output.paint))
      if (problem === null) return 0
      output.err(failureText(problem, { paint: output.errPaint }))
      return problem.exitCode
    })
})

/** The failure to report while something is damaged. */
export const damageProblem = ({ damaged }: Pick<Verified, "damaged">, root: string): Problem | null =>
  damaged.length === 0
    ? null
    : new Problem(
        "StoreCorrupt",
        `${counted(damaged.length, "file")} of the store ${root} ${damaged.length === 1 ? "is" : "are"} damaged`,
        {
          file: damaged[0]!.file,
          hint: "`probeline verify --repair` deletes damaged files; the next run recomputes them"
        }
      )

export const verifyJson = (
  { checked, damaged }: Verified,
  removed: ReadonlyArray<string> | null,
  problem: Problem | null
) => ({
  checked,
  damaged: damaged.map(({ file, kind, what }) => ({ file, kind, what })),
  repaired: removed !== null,
  removed: removed ?? [],
  ...(problem === null ? {} : failureJson(problem))
})

export function verifyText(
  { checked, damaged, affected }: Verified,
  removed: ReadonlyArray<string> | null,
  paint: Paint
): string {
  const rows = damaged.map(({ file, kind, what }): ReadonlyArray<TableCell> => [
    { text: kind, style: "red" },
    file,
    what
  ])
  const sizes = [
    `${counted(checked.objects, "object")} (${bytes(checked.bytes)} in all)`,
    counted(checked.manifests, "manifest"),
    counted(checked.traces, "trace"),
    counted(checked.runs, "run")
  ]
  return [
    ...(rows.length === 0 ? [] : [textTable(["damaged", "file", ""], rows, { paint }), ""]),
    ...(affected.length === 0
      ? []
      : [`${count(affected.length)} more are unusable because they refer to damaged files`]),
    `checked ${sizes.join(", ")}: ${damaged.length === 0 ? paint("green", "all intact") : paint("red", `${count(damaged.length)} damaged`)}`,
    ...(removed === null || removed.length === 0
      ? []
      : [
          `deleted ${counted(removed.length, "file")}, including views of damaged objects: the next run recomputes what is missing`
        ])
  ].join("\n")
}
