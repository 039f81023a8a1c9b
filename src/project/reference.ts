/**
 * References: how runs and artifacts are named on the command line.
 *
 * `@1` (the run that began last), `@2` (the one before), `latest`, a run's id or a beginning of it that no other has;
 * `:node` after one of them for what the node made there; a digest, or its beginning; a manifest's path. Names are
 * looked up, never joined into paths, so that none can lead out of the store.
 *
 * `latest` is the run that `runs/latest` points at: the last that came to its end, ok or failed. It is `@1`, but while
 * a run goes on, after one that was interrupted or killed, and where of two that went side by side the later ended first.
 */
import * as path from "node:path"
import { didYouMean, Problem } from "../support/problem.ts"
import { isDigest, layout } from "../store/files/layout.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import { runSoFar } from "../store/runs/run-so-far.ts"
import type { Store } from "../store/store.ts"
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
/** Records that are looked through for a hint. */
const mostRuns = 50

/** @throws Problem RunNotFound, NodeNotFound or ArtifactNotFound */
export function resolveReference(store: Store, text: string): Referred {
  if (text.endsWith(".json") || /^\.{0,2}\//.test(text)) return byPath(store, text)
  const colon = text.indexOf(":")
  const [head, id] = colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)]
  const found = findRun(store, head)
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
        ? "it has no runs: is --store right?"
        : (didYouMean(head, ids) ?? "`probeline runs` lists the runs; @1 is the last")
  })
}

function findRun(store: Store, head: string): RunRecord | null {
  const ids = store.runs()
  if (head === "latest") {
    const latest = store.run("latest")
    if (latest === null && ids.length > 0)
      throw new Problem("RunNotFound", `no run in the store ${store.root} has come to its end yet`, {
        field: head,
        hint: "@1 is the run that began last"
      })
    return latest
  }
  const back = /^@(\d+)$/.exec(head)?.[1]
  if (back !== undefined) {
    const id = ids[ids.length - Number(back)]
    if (id === undefined)
      throw new Problem("RunNotFound", `there is no run ${head}: the store ${store.root} has ${ids.length}`, {
        field: head,
        hint: "@1 is the last run, @2 the one before"
      })
    return recordOf(store, id)
  }
  if (head === "") return null
  const begun = ids.includes(head) ? [head] : ids.filter((id) => id.startsWith(head))
  if (begun.length > 1)
    throw new Problem("RunNotFound", `${begun.length} runs begin with "${head}"`, {
      field: head,
      hint: `one of ${begun.slice(-3).toReversed().join(", ")}`
    })
  return begun.length === 0 ? null : recordOf(store, begun[0]!)
}

function recordOf(store: Store, id: string): RunRecord {
  const run = store.run(id)
  if (run === null)
    throw new Problem("RunNotFound", `the record of run ${id} cannot be read`, {
      file: path.join(store.layout.run(id), "run.json"),
      hint: "it was cut off when it began: delete its folder"
    })
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
    throw new Problem("ArtifactNotFound", `"${id}" has made no artifact in run ${run.id} yet`, {
      field: id,
      hint: `\`probeline show ${run.id}\` says whether it goes on or was killed`
    })
  if (node.artifact === null)
    throw new Problem(
      "ArtifactNotFound",
      `"${id}" made no artifact in run ${run.id}: it ${node.status === "skipped" ? "was skipped" : "failed"}`,
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
    throw new Problem(
      "ArtifactNotFound",
      `the artifact of "${id}" in run ${run.id}, or a part of it, is gone from the store`,
      {
        field: node.artifact,
        hint: "run the pipeline again: what is missing is computed again"
      }
    )
  return { kind: "artifact", store, manifest, name: id, run, node }
}

/** The last run that has the node: a run of some nodes alone has few. */
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
      hint: "give more of its digits"
    })
  return found.length === 0 ? null : store.manifest(found[0]!)
}

/** A manifest's file says which store it is in. */
function byPath(store: Store, file: string): Referred {
  const absolute = path.resolve(file)
  const digest = path.basename(absolute, ".json")
  const root = path.dirname(path.dirname(path.dirname(absolute)))
  const isManifest = isDigest(digest) && layout(root).manifest(digest) === absolute
  const its = isManifest ? openStore(root) : store
  const manifest = isManifest ? its.manifest(digest) : null
  if (manifest === null)
    throw new Problem("ArtifactNotFound", `${file} is no manifest of a whole artifact`, {
      file,
      hint: "manifests lie in the store: manifests/<two digits>/<digest>.json"
    })
  return { kind: "artifact", store: its, manifest, name: digest, run: null, node: null }
}
