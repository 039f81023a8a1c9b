/** `diff`: compares two runs or two artifacts: which inputs differ, which values, and whether that is more than noise. */
import type { Diff } from "../diff/diff.ts"
import type { Verdict } from "../pipeline/comparison.ts"
import { openStore } from "../project/open-store.ts"
import { attemptAsync } from "../run/attempt.ts"
import { usage } from "../support/problem.ts"
import { defineCommand } from "./command.ts"
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
    md: { kind: "flag", doc: "print a Markdown document" }
  },
  examples: [
    ["diff", "the last complete run against the complete run before it"],
    ["diff @2 @1", "the run before and the last one"],
    ["diff baseline @1 --exit-code", "for CI: 0 same, 1 different, 6 inconclusive"],
    ["diff @2:probes/vit @1:probes/vit", "one node in two runs"],
    ["diff @1:activations/vit @1:activations/clip", "two encoders of one run"]
  ],
  run: (args, { output, json, store: root, now, debug }) =>
    attemptAsync(async (signal) => {
      if (json && args.md) throw usage("--md and --json exclude each other", "--md", "choose one")
      const { readThresholds, readTolerance } = await import("../diff/settings.ts")
      const settings = {
        thresholds: readThresholds(args.threshold),
        tolerance: readTolerance(args.tolerance)
      }
      const { resolveSides } = await import("../diff/sides.ts")
      const words = [args.a, args.b].flatMap((word) => word ?? [])
      const sides = resolveSides(openStore(root), words, now().getTime())
      const { diffSides } = await import("../diff/diff.ts")
      const { diff, problem } = await diffSides(sides, { settings, values: args.values, signal })
      output.out(await printed(diff))
      if (problem !== null) {
        output.err(failureText(problem, { paint: output.errPaint, debug }))
        return problem.exitCode
      }
      return args["exit-code"] ? exitCodes[diff.verdict] : 0

      async function printed(told: Diff): Promise<string> {
        if (json) return JSON.stringify(told)
        if (args.md) return (await import("./diff-markdown.ts")).diffMarkdown(told)
        return (await import("./diff-text.ts")).diffText(told, output.paint, output.width)
      }
    })
})
