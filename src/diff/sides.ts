/** The two sides of a diff: runs, or artifacts, with what a reader must know of them. */
import { runWith } from "../project/open-run.ts"
import { type Referred, resolveReference } from "../project/reference.ts"
import { isCompleteRun, type NodeRecord, type RunRecord } from "../store/records/run-record.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { completeBefore, lastComplete } from "../store/runs/complete-before.ts"
import { type Labels, labelsOf } from "../store/runs/labels.ts"
import { runAsItIs } from "../store/runs/run-so-far.ts"
import type { Store } from "../store/store.ts"
import { counted } from "../support/numbers.ts"
import { Problem, usage } from "../support/problem.ts"

/** A side as `diff --json` prints it. */
export interface ToldSide {
  readonly reference: string
  readonly kind: "run" | "artifact"
  readonly store: string
  readonly run: string | null
  readonly name: string | null
  readonly note: string | null
  readonly pipeline: string | null
  readonly file: string | null
  readonly status: string | null
  readonly started: string | null
  readonly params: Readonly<Record<string, unknown>> | null
  readonly node: string | null
  readonly artifact: string | null
  readonly remarks: ReadonlyArray<string>
}

interface OfRun {
  /** as the user wrote it, or the id of a run that was chosen */
  readonly reference: string
  readonly store: Store
  readonly labels: Labels
  /** what is unusual about it: killed, partial, of a few nodes … */
  readonly remarks: ReadonlyArray<string>
}
export interface RunSide extends OfRun {
  readonly kind: "run"
  readonly run: RunRecord
}
export interface ArtifactSide extends OfRun {
  readonly kind: "artifact"
  readonly manifest: Manifest
  /** the node's id, or the digest */
  readonly name: string
  /** the run that has it, if known */
  readonly run: RunRecord | null
  readonly node: NodeRecord | null
}
export type Sides =
  | { readonly kind: "run"; readonly a: RunSide; readonly b: RunSide }
  | { readonly kind: "artifact"; readonly a: ArtifactSide; readonly b: ArtifactSide }

/**
 * Two references as given; one stands for itself and the complete run of its pipeline before it; none, for the last two
 * complete runs of the pipeline that ran last. `a` is the earlier of two that are chosen.
 *
 * @param now milliseconds since 1970
 * @throws Problem RunNotFound, NodeNotFound, ArtifactNotFound or Usage
 */
export function resolveSides(store: Store, [first, second]: ReadonlyArray<string>, now: number): Sides {
  if (first === undefined) return lastTwo(store, now)
  const given = sideOf(first, resolveReference(store, first), now)
  if (second !== undefined) return pairOf(given, sideOf(second, resolveReference(store, second), now))
  if (given.run === null)
    throw usage(
      `there is nothing to compare ${first} with`,
      first,
      "give two artifacts, or name one by RUN:NODE"
    )
  const before = completeBefore(given.store, given.run)
  if (before === null) throw noneBefore(given.run)
  const reference = given.kind === "run" ? before.id : `${before.id}:${given.name}`
  return pairOf(sideOf(reference, resolveReference(given.store, reference), now), given)
}

function lastTwo(store: Store, now: number): Sides {
  const ids = store.runs()
  const newest = ids.toReversed().flatMap((id) => store.run(id) ?? [])[0]
  if (newest === undefined)
    throw new Problem("RunNotFound", `the store ${store.root} has no runs`, { hint: "is --store correct?" })
  const last = lastComplete(store, ids, newest)
  if (last === null)
    throw new Problem("RunNotFound", `the pipeline "${newest.pipeline}" has no complete run`, {
      field: newest.pipeline,
      hint: "name the two runs: probeline diff @2 @1"
    })
  const before = completeBefore(store, last)
  if (before === null) throw noneBefore(last)
  const side = (run: RunRecord) => sideOf(run.id, { kind: "run", store, run }, now)
  return pairOf(side(before), side(last))
}

const noneBefore = ({ id, pipeline }: RunRecord) =>
  new Problem("RunNotFound", `"${pipeline}" has no complete run before ${id}`, {
    field: id,
    hint: "name what to compare it with; a complete run made every output: no failure, no limit, all nodes"
  })

function pairOf(a: RunSide | ArtifactSide, b: RunSide | ArtifactSide): Sides {
  if (a.kind === "run" && b.kind === "run") return { kind: "run", a, b }
  if (a.kind === "artifact" && b.kind === "artifact") return { kind: "artifact", a, b }
  const [run, artifact] = a.kind === "run" ? [a, b] : [b, a]
  const node = (artifact as ArtifactSide).node?.id ?? "NODE"
  throw usage(
    `${run.reference} is a run, and ${artifact.reference} is an artifact`,
    run.reference,
    `compare two runs, or two artifacts: ${run.reference}:${node}`
  )
}

function sideOf(reference: string, referred: Referred, now: number): RunSide | ArtifactSide {
  const { store } = referred
  if (referred.kind === "run") {
    const run = runAsItIs(referred.run, store, now)
    return { kind: "run", reference, store, run, labels: labelsOf(store, run.id), remarks: runRemarks(run) }
  }
  const { manifest, name } = referred
  const found = referred.run === null ? runWith(store, manifest.digest) : referred
  const { run, node } = found ?? { run: null, node: null }
  return {
    kind: "artifact",
    reference,
    store,
    manifest,
    name: node?.id ?? name,
    run,
    node,
    labels: run === null ? { name: null, note: null } : labelsOf(store, run.id),
    remarks: node === null ? [] : nodeRemarks(node)
  }
}

function runRemarks(run: RunRecord): ReadonlyArray<string> {
  const { status, nodes, stopped, targets } = run
  const made = nodes.filter(({ artifact }) => artifact !== null).length
  const far = `compared as far as it went: ${made} of ${counted(nodes.length, "node")}`
  const why = stopped === undefined ? "" : ` (${stopped.reason})`
  const partial = new Set(nodes.flatMap((node) => node.partial))
  return [
    ...(status === "running" ? [`it is still running; ${far}`] : []),
    ...(status === "interrupted" ? [`it was interrupted${why}; ${far}`] : []),
    ...(status === "failed" ? [`it failed${why}; ${far}`] : []),
    ...(targets === undefined ? [] : [`it made only ${targets.join(", ")} and what they need`]),
    ...[...partial].map((reason) => `it is partial: ${reason}`),
    ...(status === "ok" && !isCompleteRun(run) && partial.size === 0 && targets === undefined
      ? ["it is incomplete: some nodes omit failed items"]
      : [])
  ]
}

const nodeRemarks = ({ partial, incomplete, accepted }: NodeRecord): ReadonlyArray<string> => [
  ...partial.map((reason) => `it is partial: ${reason}`),
  ...(incomplete ? ["it is incomplete: it omits failed items and anything derived from them"] : []),
  ...(accepted === undefined ? [] : [`it was accepted at ${accepted.at}: computed under another key`])
]

export function toldSide(side: RunSide | ArtifactSide): ToldSide {
  const { reference, kind, store, run, labels, remarks } = side
  return {
    reference,
    kind,
    store: store.root,
    run: run?.id ?? null,
    name: labels.name,
    note: labels.note,
    pipeline: run?.pipeline ?? null,
    file: run?.file ?? null,
    status: run?.status ?? null,
    started: run?.started ?? null,
    params: run?.params ?? null,
    node: side.kind === "run" ? null : (side.node?.id ?? null),
    artifact: side.kind === "run" ? null : side.manifest.digest,
    remarks
  }
}
