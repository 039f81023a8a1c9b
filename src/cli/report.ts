/** `report`: writes a run as one self-contained HTML page. */
import * as path from "node:path"
import { attemptAsync } from "../run/attempt.ts"
import type { Opened } from "../project/open-pipeline.ts"
import { openRun } from "../project/open-run.ts"
import { openStore } from "../project/open-store.ts"
import { resolveReference } from "../project/reference.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { runAsItIs } from "../store/runs/run-so-far.ts"
import { bytes } from "../support/numbers.ts"
import { isProblem, type Problem, usage } from "../support/problem.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { runDoc } from "./shared-options.ts"

export const reportCommand = defineCommand({
  name: "report",
  doc: "write a run as one HTML page",
  positionals: [{ name: "run", arity: "one", doc: runDoc }],
  options: {
    output: { kind: "text", alias: "o", value: "FILE.html", doc: "file to write" },
    overwrite: { kind: "flag", doc: "overwrite an existing file" }
  },
  examples: [
    ["report @1 -o report.html", "the most recent run"],
    ["run pipelines/quickstart.ts --report report.html", "a run, and its report at the end"]
  ],
  run: ({ run: ref, output: to, overwrite }, context) =>
    attemptAsync(async () => {
      if (to === null) throw usage("missing option: -o FILE.html", "--output", "-o report.html")
      checkReportPath(to, "--output")
      const referred = resolveReference(openStore(context.store), ref)
      if (referred.kind !== "run" && referred.run === null)
        throw usage(
          `"${ref}" is an artifact: a report is of a run`,
          ref,
          "report @1, or plot for an artifact"
        )
      const run = runAsItIs(referred.run!, referred.store, context.now().getTime())
      const size = await writeReport(context, run, await openedOrNot(context, run), { to, overwrite })
      if (context.json) context.output.out(JSON.stringify({ run: run.id, path: to, bytes: size }))
      else context.output.out(`${to}: ${bytes(size)}`)
      return 0
    })
})

/** @throws Problem Usage where a file's name does not end as a page's does: `run` replaces the file */
export function checkReportPath(to: string, option: string): void {
  if (!/^\.html?$/i.test(path.extname(to)))
    throw usage(`a report is an HTML page: ${to} must end in .html`, option, `${option} report.html`)
}

/** The page of a run is worth having without its pipeline. */
async function openedOrNot({ store }: CommandContext, run: RunRecord): Promise<Opened | Problem> {
  try {
    return await openRun(openStore(store), run)
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}

/** Returns the page's size in bytes. */
export async function writeReport(
  { store, version, output }: CommandContext,
  run: RunRecord,
  pipeline: Opened | Problem,
  { to, overwrite }: { readonly to: string; readonly overwrite: boolean }
): Promise<number> {
  const [{ runReport }, { writtenOut }] = await Promise.all([
    import("../report/run-report.ts"),
    import("../report/plot.ts")
  ])
  const { html, problems } = await runReport({ store: openStore(store), run, pipeline, version })
  for (const { message } of problems) output.err(`${output.errPaint("yellow", "warning:")} ${message}`)
  return writtenOut(to, overwrite, Buffer.from(html))
}
