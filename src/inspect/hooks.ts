/**
 * Calls the hooks of stages, which read finished artifacts, and caches the answers in the store. A hook is called again
 * if the artifact, its inputs, or the file that declares the stage changed.
 */
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { checkFigures, type Figure } from "../pipeline/figures.ts"
import { type GraphNode, inputIds } from "../pipeline/graph.ts"
import { type Loss, type Lost, LossTally } from "../pipeline/losses.ts"
import type { HookName } from "../pipeline/stage-fields.ts"
import type { Summary } from "../pipeline/figures.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import { readCache, writeCache } from "../store/fresh/cache-file.ts"
import type { artifactCaches } from "../store/files/own-names.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { writingAs } from "../support/stage-output.ts"
import { type ArtifactOf, type HookContext, type HookInput, hookTables } from "./hook-tables.ts"

/** gc knows it by this registration. */
const cacheFolder: keyof typeof artifactCaches = "summaries"

/** Callers of each hook; the answers are plain JSON. */
const callers = {
  summary: async ({ context, node, manifest }: HookInput): Promise<Summary> => {
    const { artifactObjects } = await import("../store/items/read-artifact.ts")
    const rows = await artifactObjects(context.planning.store, manifest)
    return writingAs(node.id, () => node.stage.spec.summary!(rows))
  },
  losses: async (input: HookInput): Promise<{ readonly losses: ReadonlyArray<Lost> }> => {
    const { node } = input
    const tables = await hookTables(input)
    const tally = new LossTally()
    await writingAs(node.id, async () => {
      const losses: AsyncIterable<Loss> | Iterable<Loss> = await node.stage.spec.losses!(tables)
      for await (const loss of losses) tally.add(loss)
    })
    return { losses: tally.lost() }
  },
  figures: async (input: HookInput): Promise<{ readonly figures: ReadonlyArray<Figure> }> => {
    const { node } = input
    const tables = await hookTables(input)
    const figures = await writingAs(node.id, () => node.stage.spec.figures!(tables))
    return { figures: checkFigures(figures) }
  }
} satisfies Record<HookName, (input: HookInput) => Promise<object>>

type Answer<H extends HookName> = Awaited<ReturnType<(typeof callers)[H]>>

/**
 * The answer of a node's hook; null if the stage has no such hook, or the artifact is missing.
 *
 * @throws Problem OutputInvalid where the hook throws anything other than a Problem
 */
export async function askHook<H extends HookName>(
  context: HookContext,
  node: GraphNode,
  hook: H,
  artifactOf: ArtifactOf
): Promise<Answer<H> | null> {
  const artifact = artifactOf(node.id)
  if (node.stage.spec[hook] === undefined || artifact === null) return null
  const { store } = context.planning
  const note = path.join(
    store.layout.cache,
    cacheFolder,
    `${artifact}-${askedOf(context, node, hook, artifactOf)}.json`
  )
  const known = readCache<Answer<H>>(store.files, note)
  if (known !== null) return known
  const manifest = store.manifest(artifact)
  if (manifest === null) return null
  let answer: Answer<H>
  try {
    answer = (await callers[hook]({ context, node, manifest, artifactOf })) as Answer<H>
  } catch (error) {
    throw isProblem(error) ? error : failedHook(node, hook, error, context.planning.outside.base)
  }
  writeCache(store.files, note, answer)
  return answer
}

/** A digest, in 32 digits, of everything except the artifact that an answer depends on. */
function askedOf(
  { planning, addressOf }: HookContext,
  node: GraphNode,
  hook: HookName,
  artifactOf: ArtifactOf
): string {
  const address = addressOf(node.stage)
  return digestJson({
    hook,
    code: planning.codeOf(node.stage).digest,
    // code digests exclude hooks, because they change no artifact
    file:
      address === null ? null : (planning.outside.digests.digest(fileURLToPath(address.url))?.sha256 ?? null),
    params: node.params,
    inputs: node.inputs.map(({ id }) => artifactOf(id))
  }).slice(0, 32)
}

/** The stages' summaries of a run's outputs, in the order of the outputs; those with one title name their nodes. */
export async function outputSummaries(context: HookContext, run: RunRecord): Promise<ReadonlyArray<Summary>> {
  const artifactOf = artifactsOf(run.nodes)
  const found: Array<{ readonly id: string; readonly summary: Summary }> = []
  for (const id of new Set(Object.values(run.outputs).flat())) {
    const node = context.graph.byId.get(id)
    const summary = node === undefined ? null : await askHook(context, node, "summary", artifactOf)
    if (summary !== null) found.push({ id, summary })
  }
  return found.map(({ id, summary }) => {
    const isShared = found.some((other) => other.id !== id && other.summary.title === summary.title)
    return isShared ? { ...summary, title: `${id}: ${summary.title}` } : summary
  })
}

export interface ToldLosses {
  /** the records with the losses that their stages report; a source's record already has those of its run */
  readonly nodes: ReadonlyArray<NodeRecord>
  /** the first failure of a hook, or null; the run's results are still valid */
  readonly problem: Problem | null
}

export async function tellLosses(
  context: HookContext,
  nodes: ReadonlyArray<NodeRecord>
): Promise<ToldLosses> {
  const artifactOf = artifactsOf(nodes)
  let problem: Problem | null = null
  const told: Array<NodeRecord> = []
  for (const record of nodes) {
    const node = context.graph.byId.get(record.id)
    let lost: ReadonlyArray<Lost> = []
    try {
      const answer = node === undefined ? null : await askHook(context, node, "losses", artifactOf)
      lost = answer?.losses ?? []
    } catch (error) {
      if (!isProblem(error)) throw error
      problem ??= error
    }
    told.push(lost.length === 0 ? record : { ...record, losses: [...(record.losses ?? []), ...lost] })
  }
  return { nodes: told, problem }
}

export const artifactsOf = (nodes: ReadonlyArray<NodeRecord>): ArtifactOf => {
  const artifacts = new Map(nodes.map(({ id, artifact }) => [id, artifact]))
  return (node) => artifacts.get(node) ?? null
}

const doing: Readonly<Record<HookName, (id: string) => string>> = {
  summary: (id) => `summarize "${id}"`,
  losses: (id) => `count what "${id}" left out`,
  figures: (id) => `draw "${id}"`
}
const failedHook = (node: GraphNode, hook: HookName, error: unknown, base: string) =>
  stageFailure("OutputInvalid", `stage "${node.stage.name}" cannot ${doing[hook](node.id)}`, error, {
    field: node.id,
    base,
    inputs: inputIds(node),
    hint: `the artifact is saved; fix the stage's function \`${hook}\` and run again`
  })
