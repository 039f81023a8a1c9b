/** `diff`: compares two runs or two artifacts: which inputs differ, which values, and whether that is more than noise. */
import * as os from "node:os"
import * as Effect from "effect/Effect"
import type { AttributedDiff, MixtureDiff, MixturePlan, MixtureToRun } from "../diff/attribution.ts"
import type { Diff, DiffAnswer } from "../diff/diff.ts"
import type { RunSide, Sides } from "../diff/sides.ts"
import type { Verdict } from "../pipeline/comparison.ts"
import { forecast } from "../plan/forecast.ts"
import { planAll } from "../plan/plan.ts"
import { openStore } from "../project/open-store.ts"
import { attemptAsync } from "../run/attempt.ts"
import { labelsOf } from "../store/runs/labels.ts"
import { type Problem, usage } from "../support/problem.ts"
import { runNodes } from "./run-nodes.ts"
import { type CommandContext, defineCommand } from "./command.ts"
import { failureText } from "./failure.ts"
import { referenceDoc } from "./shared-options.ts"

/** Under --exit-code. */
const exitCodes: Readonly<Record<Verdict, number>> = { same: 0, different: 1, inconclusive: 6 }

export const diffCommand = defineCommand({
  name: "diff",
  doc: "compare two runs or two artifacts",
  positionals: [
    {
      name: "a",
      arity: "maybe",
      doc: `${referenceDoc}; alone: compared with the complete run of its pipeline before it; neither: the last two complete runs of the pipeline that ran last`
    },
    { name: "b", arity: "maybe", doc: "what to compare it with: also a run, or also an artifact" }
  ],
  options: {
    "exit-code": { kind: "flag", doc: "exit with 0 if they are the same, 1 if different, 6 if inconclusive" },
    threshold: {
      kind: "texts",
      value: "NAME=VALUE",
      doc: "a threshold of a stage's comparison (repeatable); overrides the pipeline file"
    },
    tolerance: {
      kind: "texts",
      value: "[COLUMN=]VALUE",
      doc: "the largest difference of two numbers that counts as none, of one column or of all (repeatable)"
    },
    values: { kind: "flag", doc: "compare the values of every node, not only of outputs and changed nodes" },
    md: { kind: "flag", doc: "print a Markdown document" },
    attribute: {
      kind: "flag",
      doc: "run the pipeline with some of b's parameters and the rest of a's, and share the difference out among them"
    },
    "dry-run": { kind: "flag", alias: "n", doc: "with --attribute: show what it would compute" }
  },
  examples: [
    ["diff", "the last complete run against the complete run before it"],
    ["diff @2 @1", "the run before and the last one"],
    ["diff baseline @1 --exit-code", "for CI: 0 same, 1 different, 6 inconclusive"],
    ["diff @2:probes/vit @1:probes/vit", "one node in two runs"],
    ["diff @1:activations/vit @1:activations/clip", "two encoders of one run"],
    ["diff baseline @1 --attribute", "which of the changed parameters made the difference"]
  ],
  run: (args, context) =>
    Effect.gen(function* () {
      const { output, json, store: root, now, debug } = context
      const asked = yield* attemptAsync(async () => {
        if (json && args.md) throw usage("--md and --json exclude each other", "--md", "choose one")
        if (args["dry-run"] && !args.attribute)
          throw usage("a diff runs nothing", "--dry-run", "it is for --attribute")
        const { readThresholds, readTolerance } = await import("../diff/settings.ts")
        const settings = {
          thresholds: readThresholds(args.threshold),
          tolerance: readTolerance(args.tolerance)
        }
        const { resolveSides } = await import("../diff/sides.ts")
        const words = [args.a, args.b].flatMap((word) => word ?? [])
        const sides = resolveSides(openStore(root), words, now().getTime())
        const { mixturesToRun } = await import("../diff/attribution.ts")
        return { settings, sides, mixtures: args.attribute ? await mixturesToRun(sides) : null }
      })
      const { settings, sides, mixtures } = asked
      const compared = (of: Sides) =>
        attemptAsync(async (signal) => {
          const { diffSides } = await import("../diff/diff.ts")
          return diffSides(of, { settings, values: args.values, signal })
        })
      const { diff, problem } = yield* compared(sides)
      const told: AttributedDiff =
        mixtures === null || sides.kind !== "run"
          ? diff
          : args["dry-run"]
            ? { ...diff, would: yield* attemptAsync((signal) => wouldRun(mixtures, signal)) }
            : { ...diff, attribution: yield* attributed(diff, sides.a, mixtures, compared, context) }
      output.out(yield* attemptAsync(() => printed(told)))
      if (problem !== null) {
        output.err(failureText(problem, { paint: output.errPaint, debug }))
        return problem.exitCode
      }
      if (told.attribution?.runs.some(({ verdict }) => verdict === null)) return 1
      return args["exit-code"] ? exitCodes[diff.verdict] : 0

      async function printed(all: AttributedDiff): Promise<string> {
        if (json) return JSON.stringify(all)
        if (args.md) return (await import("./diff-markdown.ts")).diffMarkdown(all)
        return (await import("./diff-text.ts")).diffText(all, output.paint, output.width)
      }
    })
})

/** Runs each mixture, and compares a with it. */
const attributed = (
  diff: Diff,
  a: RunSide,
  mixtures: ReadonlyArray<MixtureToRun>,
  compared: (sides: Sides) => Effect.Effect<DiffAnswer, Problem>,
  context: CommandContext
) =>
  Effect.gen(function* () {
    const diffs: Array<MixtureDiff> = []
    for (const { changed, opened } of mixtures) {
      const { graph, planning } = opened
      const words = changed.length === 0 ? "no parameter changed" : `${changed.join(", ")} changed`
      const run = yield* Effect.scoped(
        runNodes(
          opened,
          graph.nodes,
          {
            jobs: os.availableParallelism(),
            keepGoing: false,
            labels: { name: null, note: `attribution from ${a.reference}: ${words}` },
            lockWait: true,
            // so it never stands for the pipeline's last complete run
            targets: [...new Set(Object.values(graph.outputs).flatMap((nodes) => nodes.map(({ id }) => id)))],
            mixture: true,
            withLosses: Effect.succeed
          },
          context
        )
      )
      const { store } = planning
      const b: RunSide = {
        kind: "run",
        reference: run.id,
        store,
        run,
        labels: labelsOf(store, run.id),
        remarks: []
      }
      const answer = run.status === "ok" ? yield* compared({ kind: "run", a, b }) : null
      diffs.push({ changed, run, diff: answer?.diff ?? null })
    }
    const { attributionOf } = yield* attemptAsync(() => import("../diff/attribution.ts"))
    return attributionOf(diff, diffs)
  })

/** How much each mixture has left to compute; a stage whose input changes first may turn out to be fresh. */
async function wouldRun(
  mixtures: ReadonlyArray<MixtureToRun>,
  signal: AbortSignal
): Promise<ReadonlyArray<MixturePlan>> {
  const plans: Array<MixturePlan> = []
  for (const { changed, opened } of mixtures) {
    const planned = await planAll(opened.graph.nodes, opened.planning, { keepGoing: false, signal })
    const forecasts = [...forecast(planned, false).values()]
    const count = (certain: boolean) =>
      forecasts.filter((one) => one.status === "executed" && one.certain === certain).length
    plans.push({ changed, nodes: { total: forecasts.length, run: count(true), may_run: count(false) } })
  }
  return plans
}
