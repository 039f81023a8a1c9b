/** `show`: prints an artifact's schema, statistics and first rows, the rows of one item, or a run's record. */
import { attemptAsync } from "../run/attempt.ts"
import { labelsOf } from "../store/runs/labels.ts"
import { runAsItIs } from "../store/runs/run-so-far.ts"
import { defineCommand } from "./command.ts"
import { openStore } from "../project/open-store.ts"
import { resolveReference } from "../project/reference.ts"
import { runJson } from "../inspect/run-json.ts"
import { runSummary } from "./run-summary.ts"
import { referenceDoc } from "./shared-options.ts"
import { oneLine } from "../support/plain-text.ts"
import { usage } from "../support/problem.ts"

const usualRows = 5

export const showCommand = defineCommand({
  name: "show",
  doc: "show a run, or an artifact's schema, statistics and rows",
  positionals: [
    { name: "ref", arity: "one", doc: referenceDoc },
    { name: "item", arity: "maybe", doc: "item id, such as a scene id: show only its rows" }
  ],
  options: {
    rows: { kind: "count", value: "N", doc: `rows to print (default: ${usualRows}, or all rows of an item)` }
  },
  examples: [
    ["show @1", "the most recent run: its nodes, and why it stopped if it was interrupted"],
    ["show latest:measures", "the artifact of node measures"],
    ["show @2:masks/vit 00012", "one scene's masks in the previous run"]
  ],
  run: ({ ref, item, rows }, { output, json, store: root, now }) =>
    attemptAsync(async () => {
      const store = openStore(root)
      const referred = resolveReference(store, ref)
      if (referred.kind === "run") {
        if (item !== null)
          throw usage(`"${ref}" is a run: it has no items`, item, `name one of its nodes: ${ref}:<node>`)
        const run = runAsItIs(referred.run, referred.store, now().getTime())
        const labels = labelsOf(referred.store, run.id)
        const called = [
          labels.name === null ? "" : `, named ${labels.name}`,
          labels.note === null ? "" : `\n${oneLine(labels.note)}`
        ]
        output.out(
          json
            ? JSON.stringify({ ...runJson(run), ...labels })
            : `${runSummary(run, { paint: output.paint, store: root, summaries: [], past: true })}\nrun ${run.id}, ${run.started}, ${run.file}${called.join("")}`
        )
        return 0
      }
      const { describeArtifact, itemRows } = await import("../inspect/describe-artifact.ts")
      if (item === null) {
        const described = await describeArtifact(referred, rows ?? usualRows)
        const { artifactText } = await import("./show-text.ts")
        output.out(json ? JSON.stringify(described) : artifactText(described, output.paint, output.width))
      } else {
        const found = await itemRows(referred, item, rows)
        const { itemText } = await import("./show-text.ts")
        output.out(json ? JSON.stringify(found) : itemText(found, output.paint, output.width))
      }
      return 0
    })
})
