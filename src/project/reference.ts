/**
 * References: names of runs and artifacts on the command line.
 *
 * `@1` (the most recently started run), `@2` (the one before), `latest`, a run id or a unique prefix of one, a run's name
 * (of the last run that has it); any of these followed by `:node` for the node's artifact; a digest or its prefix; a
 * manifest path. Names are looked up, never joined into paths, so none can leave the store.
 *
 * `latest` is the target of `runs/latest`: the most recently finished run, ok or failed. It differs from `@1` during a
 * run, after an interrupted or killed run, and if the later of two concurrent runs finished first.
 */
import * as path from "node:path"
import { didYouMean, Problem } from "../support/problem.ts"
import { isDigest, layout } from "../store/files/layout.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import { runSoFar } from "../store/runs/run-so-far.ts"
import { unreadableRecord } from "../store/runs/complete-before.ts"
import { labelsOf } from "../store/runs/labels.ts"
import type { Store } from "../store/store.ts"
import { checkFormat, missingArtifact } from "./missing-artifact.ts"
import { openStore } from "./open-store.ts"

export type Referred =
  | { readonly kind: "run"; readonly store: Store; readonly run: RunRecord }
  | {
      readonly kind: "artifact"
      readonly store: Store
      readonly manifest: Manifest
      /** the node's id, or the artifact's digest */
      readonly name: string
      readonly run: RunRecord | null
      readonly node: NodeRecord | null
    }

const leastDigits = 6
/** Records searched for a hint. */
const mostRuns = 50

/** @throws Problem RunNotFound, NodeNotFound or ArtifactNotFound */
export function resolveReference(store: Store, text: string): Referred {
  if (text.endsWith(".json") || /^\.{0,2}\//.test(text)) return byPath(store, text)
  const colon = text.indexOf(":")
  const [head, id] = colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)]
  const found = findRun(store, head)
  if (found !== null) checkFormat(found, path.join(store.layout.run(found.id), "run.json"))
  const run = found === null ? null : runSoFar(found, store)
  if (run !== null) return id === null ? { kind: "run", store, run } : nodeOf(store, run, id)
  if (id === null && /^[0-9a-f]+$/.test(head) && head.length >= leastDigits) {
    const manifest = byDigest(store, head)
    if (manifest !== null)
      return { kind: "artifact", store, manifest, name: manifest.digest, run: null, node: null }
  }
  const ids = store.runs()
  throw new Problem("RunNotFound", `the store ${store.root} has no run or artifact "${head}"`, {
    field: text,
    hint:
      ids.length === 0
        ? "it has no runs: is --store correct?"
        : (didYouMean(head, [...ids, ...ids.flatMap((id) => labelsOf(store, id).name ?? [])]) ??
          "`probeline runs` lists the runs; @1 is the most recently started one")
  })
}

function findRun(store: Store, head: string): RunRecord | null {
  const ids = store.runs()
  if (head === "latest") {
    const latest = store.run("latest")
    if (latest === null && ids.length > 0)
      throw new Problem("RunNotFound", `no run in the store ${store.root} has finished yet`, {
        field: head,
        hint: "@1 is the most recently started run"
      })
    return latest
  }
  const back = /^@(\d+)$/.exec(head)?.[1]
  if (back !== undefined) {
    const id = ids[ids.length - Number(back)]
    if (id === undefined)
      throw new Problem("RunNotFound", `no such run: ${head}; the store ${store.root} has ${ids.length}`, {
        field: head,
        hint: "@1 is the most recently started run, @2 the one before"
      })
    return recordOf(store, id)
  }
  if (head === "") return null
  if (ids.includes(head)) return recordOf(store, head)
  const called = ids.findLast((id) => labelsOf(store, id).name === head)
  if (called !== undefined) return recordOf(store, called)
  const begun = ids.filter((id) => id.startsWith(head))
  if (begun.length > 1)
    throw new Problem("RunNotFound", `${begun.length} runs begin with "${head}"`, {
      field: head,
      hint: `one of ${begun.slice(-3).toReversed().join(", ")}`
    })
  return begun.length === 0 ? null : recordOf(store, begun[0]!)
}

function recordOf(store: Store, id: string): RunRecord {
  const run = store.run(id)
  if (run === null) throw unreadableRecord(store, id)
  return run
}

function nodeOf(store: Store, run: RunRecord, id: string): Referred {
  const ids = run.nodes.map((node) => node.id)
  const node = run.nodes.find((one) => one.id === id)
  if (node === undefined)
    throw new Problem("NodeNotFound", `run ${run.id} has no node "${id}"`, {
      field: id,
      hint:
        elsewhere(store, id) ??
        didYouMean(id, ids) ??
        `it has: ${ids.slice(0, 12).join(", ")}${ids.length > 12 ? ", …" : ""}`
    })
  if (node.artifact === null && node.status === "skipped" && run.status === "running")
    throw new Problem("ArtifactNotFound", `"${id}" has produced no artifact in run ${run.id} yet`, {
      field: id,
      hint: `\`probeline show ${run.id}\` shows whether the run is still active or was killed`
    })
  if (node.artifact === null)
    throw new Problem(
      "ArtifactNotFound",
      `"${id}" produced no artifact in run ${run.id}: it ${node.status === "skipped" ? "was skipped" : "failed"}`,
      {
        field: id,
        hint:
          [
            [node.error, run.stopped?.reason].filter((why) => why != null).join(": "),
            elsewhere(store, id) ?? ""
          ]
            .filter((line) => line !== "")
            .join("\n") || null
      }
    )
  const manifest = store.manifest(node.artifact)
  if (manifest === null)
    throw missingArtifact(store, node.artifact, `the artifact of "${id}" in run ${run.id}`)
  return { kind: "artifact", store, manifest, name: id, run, node }
}

/** Names the last run that has the node: a run of selected nodes has only a few. */
function elsewhere(store: Store, id: string): string | null {
  const ids = store.runs().slice(-mostRuns).toReversed()
  for (const [i, run] of ids.entries()) {
    const nodes = store.run(run)?.nodes ?? []
    if (nodes.some((node) => node.id === id && node.artifact !== null))
      return `the last run that has it: @${i + 1}:${id}`
  }
  return null
}

function byDigest(store: Store, digits: string): Manifest | null {
  const folder = path.dirname(store.layout.manifest(digits.padEnd(64, "0")))
  const found = (store.files.list(folder) ?? [])
    .filter((name) => name.startsWith(digits) && name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
  if (found.length > 1)
    throw new Problem("ArtifactNotFound", `${found.length} artifacts begin with ${digits}`, {
      field: digits,
      hint: "give more digits"
    })
  const [digest] = found
  if (digest === undefined) return null
  const manifest = store.manifest(digest)
  if (manifest === null) throw missingArtifact(store, digest, `the artifact ${digest.slice(0, 12)}`)
  return manifest
}

/** The path of a manifest determines its store. */
function byPath(store: Store, file: string): Referred {
  const absolute = path.resolve(file)
  const digest = path.basename(absolute, ".json")
  const root = path.dirname(path.dirname(path.dirname(absolute)))
  const isManifest = isDigest(digest) && layout(root).manifest(digest) === absolute
  const its = isManifest ? openStore(root) : store
  const manifest = isManifest ? its.manifest(digest) : null
  if (manifest === null && isManifest && its.files.statFile(absolute) !== null)
    throw missingArtifact(its, digest, `the artifact of ${file}`)
  if (manifest === null)
    throw new Problem("ArtifactNotFound", `${file} is not a manifest, or its artifact is damaged`, {
      file,
      hint: "manifests are in the store, at manifests/<two digits>/<digest>.json"
    })
  return { kind: "artifact", store: its, manifest, name: digest, run: null, node: null }
}
