/** The mark phase of gc: everything that kept runs and young files reach. */
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import { type ItemTrace, itemTraceOf } from "../records/item-trace.ts"
import { isDigest } from "../files/layout.ts"
import { type ManifestFile, objectsOf, objectsOfShard, type Shard } from "../records/manifest.ts"
import type { Store } from "../store.ts"
import type { Trace } from "../records/trace.ts"
import type { ScannedFile } from "./scan.ts"
import { jsonOf, readJson } from "./json.ts"
import { millisOf } from "../runs/live.ts"
import { laterFormat, type Roots } from "./roots.ts"

/** The parts of a trace that gc needs; the rest is not kept in memory. */
export type SeenTrace = { readonly found: ScannedFile } & (
  | { readonly kind: "node"; readonly key: string; readonly artifact: string | null }
  | {
      readonly kind: "items"
      readonly run: string
      readonly stage: string
      readonly objects: ReadonlyArray<string>
    }
  | { readonly kind: "unreadable" }
)

export class Reach {
  readonly #store: Store
  readonly #cutoff: number
  readonly runs: ReadonlySet<string>
  /** of traces */
  readonly keys: ReadonlySet<string>
  /** pipeline files */
  readonly pipelines: ReadonlySet<string>
  /** stages with failed items: the records of these failures are kept */
  readonly failing: ReadonlySet<string>
  /** artifacts, by digest */
  readonly artifacts = new Set<string>()
  /** objects, by file name */
  readonly objects = new Set<string>()
  /** folders of item traces that keep at least one */
  readonly itemFolders = new Set<string>()

  constructor(store: Store, { runs, cutoff }: Roots) {
    this.#store = store
    this.#cutoff = cutoff
    const kept = runs.filter(({ keptFor }) => keptFor !== null)
    const nodes = kept.flatMap(({ record }) => record?.nodes ?? [])
    this.runs = new Set(kept.map(({ id }) => id))
    this.keys = new Set(nodes.flatMap(({ key }) => key ?? []))
    this.failing = new Set(nodes.flatMap(({ stage, failures }) => (failures.length > 0 ? stage : [])))
    this.pipelines = new Set(kept.flatMap(({ record }) => record?.file ?? []))
    for (const { artifact } of nodes) if (artifact !== null) this.addArtifact(artifact)
  }

  isYoung({ entry }: Pick<ScannedFile, "entry">): boolean {
    return millisOf(entry) >= this.#cutoff
  }
  addArtifact(digest: string): void {
    // not a digest, so it names nothing: the record is damaged
    if (this.artifacts.has(digest) || !isDigest(digest)) return
    this.artifacts.add(digest)
    const manifest = readManifest(this.#store.files, this.#store.layout.manifest(digest))
    if (manifest !== null) for (const object of objectsOf(manifest)) this.objects.add(objectName(object))
  }
  addObjects(names: ReadonlyArray<string>): void {
    for (const name of names) this.objects.add(name)
  }
  /** Keeps a trace that is young, or that a kept run wrote item by item. */
  addTrace(trace: SeenTrace): void {
    if (trace.kind === "node" && trace.artifact !== null && this.isYoung(trace.found))
      this.addArtifact(trace.artifact)
    if (trace.kind === "items" && (this.isYoung(trace.found) || this.runs.has(trace.run)))
      this.addObjects(trace.objects)
  }
}

export const objectName = ({ sha256, extension }: { readonly sha256: string; readonly extension: string }) =>
  `${sha256}.${extension}`

/** @throws Problem if a later version wrote it: then nothing may be deleted */
function readManifest(files: FileSystem, file: string): ManifestFile | null {
  const manifest = readJson<ManifestFile>(files, file)
  if (manifest === null) return null
  const { format } = manifest as { readonly format: unknown }
  if (format !== 1) throw laterFormat(file, format)
  return manifest
}

export function readTrace(files: FileSystem, found: ScannedFile): SeenTrace {
  const bytes = files.readIfPresent(found.file)
  const trace = bytes === null ? null : jsonOf<Trace | ItemTrace>(bytes)
  if (trace === null) return { found, kind: "unreadable" }
  const { format } = trace as { readonly format: unknown }
  if (format !== 1) throw laterFormat(found.file, format)
  if (!("shard" in trace)) return { found, kind: "node", key: trace.key, artifact: trace.artifact }
  if (itemTraceOf(path.basename(found.file), bytes!) === null) return { found, kind: "unreadable" }
  return { found, kind: "items", run: trace.run, stage: trace.stage, objects: shardObjects(trace.shard) }
}
const shardObjects = (shard: Shard | null) =>
  shard === null ? [] : [...objectsOfShard(shard)].map(objectName)
