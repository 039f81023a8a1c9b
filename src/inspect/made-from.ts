/** The part of a node's trace that `show` prints: everything the artifact was made from except its inputs. */
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import type { Host } from "../store/records/trace.ts"
import type { Store } from "../store/store.ts"
import { clipped, oneLine } from "../support/plain-text.ts"

export interface MadeFrom {
  /** as in the key: files by sha256, an encoder's preprocessing resolved */
  readonly params: Readonly<Record<string, unknown>>
  readonly environment: unknown
  /** the provenance of what the parameters name; null if not recorded */
  readonly about: unknown
  readonly code: string
  readonly seconds: number
  /** the run that computed it, and when (ISO 8601) */
  readonly run: string
  readonly at: string
  /** the machine that computed it */
  readonly host: Host
}

/** Null if the artifact does not belong to a run's node, or its trace is gone. */
export function madeFrom(store: Store, { digest }: Manifest, node: NodeRecord | null): MadeFrom | null {
  if (node?.key == null) return null
  const traces = store.traces(node.stage, node.key)
  const trace = traces.find(({ artifact }) => artifact === digest)
  if (trace === undefined) return null
  const { params, environment, about = null, code } = trace.preimage
  return {
    params,
    environment,
    about,
    code: code.digest,
    seconds: trace.seconds,
    run: trace.run,
    at: trace.at,
    host: trace.host
  }
}

type Leaf = readonly [name: string, value: string]

/** Every value with its name: `encoder.preprocessing.crop.height`, `224`. */
export const madeFromLeaves = ({ params, environment, about }: MadeFrom): ReadonlyArray<Leaf> => [
  ...leaves("", params),
  ...leaves("environment", environment),
  ...leaves("about", about)
]

/** One line per value: `encoder.preprocessing.crop.height  224`. */
export function madeFromLines(made: MadeFrom, most: number): ReadonlyArray<string> {
  const all = madeFromLeaves(made)
  const longest = Math.max(0, ...all.map(([name]) => name.length))
  return all.map(([name, value]) => `${name.padEnd(longest)}  ${clipped(oneLine(value), most)}`)
}

function leaves(name: string, value: unknown): ReadonlyArray<Leaf> {
  if (value === null || value === undefined)
    return name === "environment" || name === "about" ? [] : [[name, "none"]]
  if (typeof value !== "object" || Array.isArray(value))
    return [[name, typeof value === "string" ? value : JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, one]) => leaves(name === "" ? key : `${name}.${key}`, one))
}
