/** `why`: the cues for which a node, or one of its items, is fresh or stale. */
import * as Effect from "effect/Effect"
import { didYouMean, Problem } from "../pipeline/problem.ts"
import type { Cue } from "../plan/cue.ts"
import { type NodePlan, planAll, type State } from "../plan/plan.ts"
import type { StoreCalls } from "../store/store.ts"
import { chooseNodes, findNode } from "./choose-nodes.ts"
import type { Paint } from "./colour.ts"
import { defineCommand } from "./command.ts"
import { cueLine } from "./cue-line.ts"
import { openPipeline } from "./open-pipeline.ts"
import { printable } from "./plain-text.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { stateStyle } from "./status.ts"

export const whyCommand = defineCommand({
  name: "why",
  doc: "why a node, or an item of it, is fresh or stale",
  positionals: [
    pipelineWord,
    { name: "node", take: "one", doc: "a node's id" },
    { name: "item", take: "maybe", doc: "an item's id, such as a scene's" }
  ],
  options: setOption,
  examples: [
    ["why pipelines/quickstart.ts probes/vit", "which parameter, input, module or file changed"],
    ["why pipelines/quickstart.ts masks/vit 00012", "the same of one scene"]
  ],
  run: ({ pipeline, node: id, item, set }, { output, json, store }) =>
    Effect.gen(function* () {
      const opened = yield* openPipeline(pipeline, { set, store, force: [], retryFailed: false })
      const node = yield* findNode(opened, id)
      const plans = yield* planAll(yield* chooseNodes(opened, [id]), opened.planning)
      const plan = plans.find((one) => one.node === node)!
      if (item !== null) yield* checkItem(plan, item, opened.planning.store)
      const answer = whyOf(plan, item)
      output.out(json ? JSON.stringify(answer) : whyText(answer, output.paint))
      return 0
    })
})

export interface Why {
  readonly node: string
  readonly item: string | null
  readonly state: State
  readonly cues: ReadonlyArray<Cue>
}

/** An item is as its node is, but for the items that failed and those beside them. */
export function whyOf({ node, state, cues, failures }: NodePlan, item: string | null): Why {
  const all = { node: node.id, item, state, cues }
  if (item === null || state !== "failed" || !failures.some((failure) => failure.item !== node.id)) return all
  const failed = failures.find((failure) => failure.item === item)
  const shared = cues.filter(({ cue }) => cue !== "failed")
  if (failed === undefined) return { ...all, state: "fresh", cues: shared }
  // the plan has cues of its first failures only
  const own = cues.find(({ cue, path }) => cue === "failed" && path === item)
  return { ...all, cues: [own ?? { cue: "failed", path: item, before: failed.error, after: null }] }
}

export function whyText({ node, item, state, cues }: Why, paint: Paint): string {
  const what = item === null ? node : `${item} of ${node}`
  const lines = cues.map((cue) => cueLine(cue, { node, state }, item))
  return [
    `${what} is ${paint(stateStyle[state], state)}`,
    ...lines.map((line) => `  ${printable(line).replaceAll("\n", "\n    ")}`)
  ].join("\n")
}

/** Where the items are known, an unknown id is a slip of the pen. */
const checkItem = (plan: NodePlan, item: string, store: StoreCalls): Effect.Effect<void, Problem> =>
  Effect.gen(function* () {
    const { known, node, failures } = plan
    if (node.form === "table")
      return yield* Effect.fail(
        new Problem("Usage", `"${node.id}" is a table as a whole: it has no items`, {
          field: item,
          hint: `probeline why <pipeline> ${node.id}`
        })
      )
    if (known === null || failures.some((failure) => failure.item === item)) return
    const { itemIndex } = yield* Effect.promise(() => import("../store/item-index.ts"))
    const { ids } = yield* itemIndex(store, known.manifest)
    if (!ids.includes(item)) return yield* Effect.fail(noItem(node.id, item, ids))
  })

export const noItem = (node: string, item: string, ids: ReadonlyArray<string>) =>
  new Problem("Usage", `"${node}" has no item "${item}"`, {
    field: item,
    hint:
      didYouMean(item, ids) ??
      `it has ${ids.length}: ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`
  })
