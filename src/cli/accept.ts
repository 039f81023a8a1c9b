/** `accept`: keeps a node's outputs under its new key, because the user vouches for them. */
import { attemptAsync } from "../run/attempt.ts"
import { type Acceptances, planAcceptances, writeAcceptances } from "../plan/accept.ts"
import { chooseNodes } from "../project/choose-nodes.ts"
import type { Paint } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { cueLine } from "./cue-line.ts"
import { openPipeline } from "../project/open-pipeline.ts"
import { oneLine } from "../support/plain-text.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { touchingStore } from "../store/touching-store.ts"
import { usage } from "../support/problem.ts"

export const acceptCommand = defineCommand({
  name: "accept",
  doc: "keep a node's outputs even though its key changed",
  positionals: [
    pipelineWord,
    { name: "node", arity: "rest", doc: "nodes with outputs that are still valid" }
  ],
  options: {
    all: { kind: "flag", doc: "accept all nodes that are not fresh" },
    "dry-run": { kind: "flag", alias: "n", doc: "show what would be accepted, without writing anything" },
    ...setOption
  },
  examples: [
    [
      "accept pipelines/quickstart.ts activations/vit -n",
      "show what changed since the node's outputs were computed"
    ],
    [
      "accept pipelines/quickstart.ts masks/vit activations/vit",
      "keep both nodes' outputs after a patch release"
    ]
  ],
  run: ({ pipeline, node: ids, all, "dry-run": dryRun, set }, { output, json, store: root, now }) =>
    attemptAsync(async () => {
      if (all === ids.length > 0)
        throw usage(
          all ? "--all cannot be combined with nodes" : "no nodes given",
          "node",
          "give nodes, or --all"
        )
      const opened = await openPipeline(pipeline, { set, store: root, force: [], retryFailed: false })
      const nodes = chooseNodes(opened, ids)
      const { store } = opened.planning
      const planning = { ...opened.planning, store: dryRun ? store : touchingStore(store) }
      const wanted = new Set(all ? nodes.map(({ id }) => id) : ids)
      const acceptances = await planAcceptances(nodes, wanted, planning, now().toISOString())
      if (!dryRun) writeAcceptances(store, acceptances)
      output.out(
        json
          ? JSON.stringify(acceptJson(opened.name, acceptances, dryRun))
          : acceptText(acceptances, dryRun, output.paint)
      )
      return 0
    })
})

export const acceptJson = (pipeline: string, { accepted, fresh }: Acceptances, dryRun: boolean) => ({
  pipeline,
  accepted: accepted.map(({ node, trace, cues }) => ({
    id: node.id,
    stage: node.stage.name,
    artifact: trace.artifact,
    key: trace.key,
    accepted: trace.accepted!,
    cues
  })),
  fresh: fresh.map(({ id }) => id),
  dryRun
})

export function acceptText({ accepted, fresh }: Acceptances, dryRun: boolean, paint: Paint): string {
  const blocks = accepted.map(({ node, trace, cues }) =>
    [
      `${node.id}  ${paint("yellow", dryRun ? "would be accepted" : "accepted")}: the outputs of run ${trace.run}, despite:`,
      ...cues.map((cue) => `  ${oneLine(cueLine(cue, { node: node.id, state: "stale" }))}`)
    ].join("\n")
  )
  return [
    ...blocks,
    ...fresh.map(({ id }) => `${id}  ${paint("green", "fresh")}: nothing to accept`),
    ...(dryRun ? ["(dry run: nothing was written)"] : [])
  ].join("\n")
}
