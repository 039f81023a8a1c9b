/** `why`: shows the cues that make a node, or one of its items, fresh or stale. */
import { attemptAsync } from "../run/attempt.ts"
import { Problem } from "../support/problem.ts"
import { type Cue, memberPath } from "../plan/cue.ts"
import { itemChanges, type ItemChanges } from "../plan/item-changes.ts"
import { withCuesOf } from "../plan/item-cues.ts"
import type { ItemPlan } from "../plan/items.ts"
import type { NodePlan, State } from "../plan/node-plan.ts"
import { idColumnOf } from "../plan/node-preimage.ts"
import { planAll } from "../plan/plan.ts"
import { itemCounts } from "../inspect/item-counts.ts"
import type { Store } from "../store/store.ts"
import { chooseNodes, findNode, noItem } from "../project/choose-nodes.ts"
import type { Paint } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { changeLines, leftLine } from "./change-lines.ts"
import { cueLine } from "./cue-line.ts"
import { openPipeline } from "../project/open-pipeline.ts"
import { printable } from "../support/plain-text.ts"
import { pipelineWord, setOption } from "./shared-options.ts"
import { stateStyle } from "./status.ts"
import type { ItemId } from "../store/records/manifest.ts"

export const whyCommand = defineCommand({
  name: "why",
  doc: "explain why a node, or one of its items, is fresh or stale",
  positionals: [
    pipelineWord,
    { name: "node", arity: "one", doc: "node id" },
    { name: "item", arity: "maybe", doc: "item id, such as a scene id" }
  ],
  options: setOption,
  examples: [
    ["why pipelines/quickstart.ts probes/vit", "which parameter, input, module or file changed"],
    ["why pipelines/quickstart.ts masks/vit 00012", "the same for one scene"]
  ],
  run: ({ pipeline, node: id, item, set }, { output, json, store }) =>
    attemptAsync(async (signal) => {
      const opened = await openPipeline(pipeline, { set, store, force: [], retryFailed: false })
      const node = findNode(opened, id)
      const plans = await planAll(chooseNodes(opened, [id]), opened.planning, { signal })
      const plan = plans.find((one) => one.node === node)!
      if (item !== null) await checkItem(plan, item, plans, opened.planning.store)
      const changes = await itemChanges(plans, opened.planning, [plan])
      const asked = item === null ? plan : await withCuesOf(item, plan, plans, opened.planning)
      const answer = whyOf(asked, item, changes.get(node.id), itemCounts(plans).get(node.id)?.total ?? null)
      output.out(json ? JSON.stringify(answer) : whyText(answer, output.paint))
      return 0
    })
})

export interface Why {
  readonly node: string
  readonly item: string | null
  readonly state: State
  readonly cues: ReadonlyArray<Cue>
  /** what changed in the items that it reads, if known */
  readonly changes: ReadonlyArray<ItemChanges>
  /** for a stale itemwise node: how many items are left to compute; null for `left`: unknown, all of them at most */
  readonly items: {
    readonly total: number
    readonly left: number | null
    readonly kind: string | null
  } | null
}

/** An item has its node's state, except in a node with failed items. */
export function whyOf(
  plan: NodePlan,
  item: string | null,
  changes: ReadonlyArray<ItemChanges> = [],
  total: number | null = null
): Why {
  const { node, state, cues, failures } = plan
  const kind = idColumnOf(node)
  const items =
    plan.items !== null
      ? { total: plan.items.ids.length, left: plan.items.left.length, kind }
      : state === "unknown" && total !== null && node.form !== "table"
        ? { total, left: null, kind }
        : null
  const all = { node: node.id, item, state, cues, changes, items }
  if (item !== null && plan.items !== null) return whyItem(plan.items, item, all)
  if (item === null || state !== "failed" || failures.length === 0) return all
  const failed = failures.find((failure) => failure.item === item)
  const shared = cues.filter(({ cue }) => cue !== "failed")
  if (failed === undefined) return { ...all, state: "fresh", cues: shared }
  // the plan has cues for its first failures only
  const own = cues.find(({ cue, path }) => cue === "failed" && path === item)
  return { ...all, cues: [own ?? { cue: "failed", path: item, before: failed.error, after: null }] }
}

/** One item of a stale node: done, failed before, or left to compute, for its own reason or its node's. */
function whyItem(plan: ItemPlan, item: ItemId, all: Why & { readonly item: string | null }): Why {
  const at = plan.ids.indexOf(item)
  if (plan.done.has(at))
    return { ...all, state: "fresh", cues: [{ cue: "done", path: item, before: null, after: null }] }
  const failed = plan.failed.get(at)
  if (failed !== undefined)
    return {
      ...all,
      state: "failed",
      cues: [{ cue: "failed", path: item, before: failed.error, after: null }]
    }
  // a port that takes a whole artifact has items too, but not necessarily this node's
  const joined = all.changes.filter(({ port }) => plan.joined.some(({ name }) => name === port))
  const own = joined.flatMap(({ port, node, added, changed }): ReadonlyArray<Cue> => {
    if (added.includes(item)) return [{ cue: "never-run", path: item, before: null, after: null }]
    const columns = changed.find((one) => one.item === item)?.columns ?? []
    return columns.map((column) => ({
      cue: "input",
      path: `${port} (${node}).${column} of ${item}`,
      before: null,
      after: null
    }))
  })
  const members = plan.members(at)
  const ofMembers = all.cues.filter(({ cue, path }) =>
    plan.memberPorts.some(
      ({ by, node }, p) => cue === "member" && path === memberPath(by.column, members[p] ?? "", node)
    )
  )
  const cues = [...own, ...ofMembers]
  return cues.length > 0 ? { ...all, cues } : all
}

export function whyText({ node, item, state, cues, changes, items }: Why, paint: Paint): string {
  const what = item === null ? node : `${item} of ${node}`
  const lines = [
    ...cues.map((cue) => cueLine(cue, { node, state }, item)),
    ...(item === null ? changeLines(changes) : []),
    ...(item === null && items !== null ? [leftLine(items, items.kind)] : [])
  ]
  return [
    `${what} is ${paint(stateStyle[state], state)}`,
    ...lines.map((line) => `  ${printable(line).replaceAll("\n", "\n    ")}`)
  ].join("\n")
}

/** Refuses an id that is not among the known items. */
async function checkItem(
  plan: NodePlan,
  item: ItemId,
  plans: ReadonlyArray<NodePlan>,
  store: Store
): Promise<void> {
  const { known, node, failures } = plan
  if (node.form === "table")
    throw new Problem("Usage", `"${node.id}" is a single table, so it has no items`, {
      field: item,
      hint: `probeline why <pipeline> ${node.id}`
    })
  if (plan.items !== null) {
    if (plan.items.ids.indexOf(item) >= 0) return
    throw noItem(node.id, item, [...plan.items.ids])
  }
  if (failures.some((failure) => failure.item === item)) return
  // an unknown node has no other items than those it is joined with
  const joined = Object.values(node.ports).find(({ mode }) => mode === "each" || mode === "group")?.from[0]
  const manifest = (known ?? plans.find((one) => one.node === joined)?.known)?.manifest
  if (manifest === undefined) return
  const { readItemIndex } = await import("../store/items/item-index.ts")
  const { ids } = readItemIndex(store, manifest)
  if (!ids.includes(item)) throw noItem(node.id, item, ids)
}
