/**
 * Compares two runs, or two artifacts: which inputs differ, which nodes made other values, and a verdict.
 *
 * It runs no stage, takes no lock, and writes nothing but the cache of loaded pipeline files.
 */
import type { Verdict } from "../pipeline/comparison.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import { type Problem, usage } from "../support/problem.ts"
import { changedParams } from "./changed-params.ts"
import type { DiffInput } from "./input-list.ts"
import { inputsThatDiffer } from "./inputs.ts"
import {
  compareNodes,
  type DiffNode,
  type NodeContext,
  type NodeOptions,
  unrelatedKinds
} from "./node-diff.ts"
import { OpenedRuns } from "./opened-runs.ts"
import { overallOf } from "./overall.ts"
import { isTouched, pairById, pairOfNodes, pairsAbove, traced, type Traced } from "./pairs.ts"
import { allSettings } from "./all-settings.ts"
import type { Settings } from "./settings.ts"
import { type ArtifactSide, type RunSide, type Sides, type ToldSide, toldSide } from "./sides.ts"
import { sourceItems } from "./source-items.ts"

/** Plain JSON: what `diff --json` prints. */
export interface Diff {
  readonly a: ToldSide
  readonly b: ToldSide
  readonly verdict: Verdict
  /** what the verdict rests on, in one sentence */
  readonly why: string
  readonly inputs: ReadonlyArray<DiffInput>
  readonly nodes: ReadonlyArray<DiffNode>
  /** ids of nodes that only one run has */
  readonly only: { readonly a: ReadonlyArray<string>; readonly b: ReadonlyArray<string> }
  /** what could not be compared, for all nodes */
  readonly notes: ReadonlyArray<string>
  readonly settings: Settings
}
export interface DiffOptions {
  /** of the command line, which override those of the pipeline file */
  readonly settings: Settings
  /** compare the values of every node */
  readonly values: boolean
  readonly signal: AbortSignal
}
export interface DiffAnswer {
  readonly diff: Diff
  /** the first fault of a stage's `compare`; everything else is valid */
  readonly problem: Problem | null
}

/**
 * @throws Problem Usage if the sides have nothing in common, or a name is unknown; StoreCorrupt if something that is
 *   read is damaged
 */
export async function diffSides(sides: Sides, options: DiffOptions): Promise<DiffAnswer> {
  const opened = new OpenedRuns()
  let problem: Problem | null = null
  const context: NodeContext = {
    a: sides.a,
    b: sides.b,
    opened,
    settings: await allSettings(sides, options.settings, opened),
    signal: options.signal,
    onProblem: (found) => void (problem ??= found)
  }
  const parts =
    sides.kind === "run"
      ? await diffRuns(sides, context, options.values)
      : await diffArtifacts(sides, context)
  const diff: Diff = {
    a: toldSide(sides.a),
    b: toldSide(sides.b),
    ...parts,
    notes: await notLoaded(sides, parts.nodes, opened),
    settings: context.settings
  }
  return { diff, problem }
}

type Parts = Pick<Diff, "verdict" | "why" | "inputs" | "nodes" | "only">

async function diffRuns(
  { a, b }: { readonly a: RunSide; readonly b: RunSide },
  context: NodeContext,
  values: boolean
): Promise<Parts> {
  const { pairs, onlyA, onlyB } = pairById(a.run, b.run)
  if (pairs.every(({ a: before, b: after }) => before.artifact === null || after.artifact === null))
    throw usage(
      `${a.reference} and ${b.reference} have no node in common that both made`,
      b.reference,
      a.run.pipeline === b.run.pipeline
        ? `\`probeline show ${a.reference}\` shows how far it went`
        : `one is a run of "${a.run.pipeline}", the other of "${b.run.pipeline}"`
    )
  const stores = { a: a.store, b: b.store }
  const all = pairs.map((pair): Traced =>
    isTouched(pair) ? traced(pair, stores) : { pair, a: null, b: null }
  )
  const { inputs, direct } = inputsThatDiffer(
    all,
    changedParams(b.run, a.run),
    await sourceItems(all, stores)
  )
  const outputs = outputsOf(a.run, b.run)
  const nodes: Array<DiffNode> = []
  for (const pair of pairs) {
    const output = outputs.has(pair.id)
    const isDirect = direct.has(pair.id)
    nodes.push(
      await compareNodes(pair, context, {
        output,
        direct: isDirect,
        values: values ? "always" : output || isDirect ? "instead" : "never"
      })
    )
  }
  const judged = await judgedByStage(nodes, context)
  return { ...overallOf(nodes, judged), inputs, nodes, only: { a: onlyA, b: onlyB } }
}

/** What the runs were asked for. */
const outputsOf = (a: RunRecord, b: RunRecord): ReadonlySet<string> =>
  new Set([a, b].flatMap(({ outputs, targets = [] }) => [...Object.values(outputs).flat(), ...targets]))

/** Outputs whose stage compares. Those with equal digests count only if another output was compared. */
async function judgedByStage(
  nodes: ReadonlyArray<DiffNode>,
  context: NodeContext
): Promise<ReadonlySet<string>> {
  const outputs = nodes.filter(({ output, verdict }) => output && verdict !== null)
  if (outputs.every(({ by, verdict }) => by === "digest" && verdict === "same")) return new Set()
  const { run, store } = context.b
  const graph = run === null ? undefined : (await context.opened.of(run, store)).opened?.graph
  return new Set(
    outputs.flatMap(({ id, b }) =>
      graph?.byId.get(b.node ?? "")?.stage.spec.compare === undefined ? [] : [id]
    )
  )
}

async function diffArtifacts(
  { a, b }: { readonly a: ArtifactSide; readonly b: ArtifactSide },
  context: NodeContext
): Promise<Parts> {
  const unrelated = a.manifest.digest === b.manifest.digest ? null : unrelatedKinds(a.manifest, b.manifest)
  if (unrelated !== null)
    throw usage(
      `${a.reference} and ${b.reference} cannot be compared: ${unrelated}`,
      b.reference,
      "compare artifacts of one kind of node"
    )
  const target = pairOfNodes(recordOf(a), recordOf(b))
  const stores = { a: a.store, b: b.store }
  const all =
    a.run === null || b.run === null || a.node === null || b.node === null
      ? []
      : pairsAbove(target, { a: a.run, b: b.run }, stores)
  const params = a.run === null || b.run === null ? [] : changedParams(b.run, a.run)
  const { inputs, direct } = inputsThatDiffer(all, params, await sourceItems(all, stores))
  const options: NodeOptions = { output: true, direct: direct.has(target.id), values: "always" }
  const node = await compareNodes(target, context, options)
  return {
    ...overallOf([node], new Set()),
    // a parameter that sets nothing above the node says nothing of it
    inputs: inputs.filter(({ cue, nodes }) => cue !== "pipeline" || nodes.length > 0),
    nodes: [node],
    only: { a: [], b: [] }
  }
}

/** Of an artifact that no run has: a record with its digest alone. */
const recordOf = ({ node, name, manifest }: ArtifactSide): NodeRecord =>
  node ?? {
    id: name.slice(0, 12),
    stage: "",
    status: "cached",
    items: { total: manifest.items, executed: 0, cached: manifest.items, failed: 0 },
    artifact: manifest.digest,
    key: null,
    bytes: manifest.bytes,
    seconds: null,
    error: null,
    hint: null,
    failures: manifest.failed,
    incomplete: manifest.failed.length > 0,
    partial: []
  }

/** Says which pipeline files no longer load, if a node had to be compared without its stage. */
async function notLoaded(
  { a, b }: Sides,
  nodes: ReadonlyArray<DiffNode>,
  opened: OpenedRuns
): Promise<ReadonlyArray<string>> {
  if (nodes.every(({ by, verdict }) => by === "digest" && verdict !== "different")) return []
  const problems = new Map<string, string>()
  for (const { run, store } of [a, b]) {
    const its = run === null ? null : await opened.of(run, store)
    if (its?.problem != null) problems.set(its.problem.message, run!.file)
  }
  const how = nodes.some(({ by }) => by === "stage")
    ? "by the stages of the other run"
    : "without their stages"
  return [...problems].map(
    ([message, file]) => `compared ${how}, since ${file} no longer gives the pipeline of the run: ${message}`
  )
}
