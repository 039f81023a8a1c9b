/** Assembles a manifest from the items of an artifact, wherever they lie. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { FailedItem, Family, Manifest, Segment, Shard } from "../store/manifest.ts"
import { compactSegments, segmentsOf } from "../store/segments.ts"
import {
  artifactDigest,
  columnDigest,
  digestBytes,
  emptyItemDigest,
  idsDigest
} from "../store/value-digest.ts"
import type { WrittenShard } from "../store/write-shard.ts"
import { broken } from "./check-rows.ts"

/** What an artifact is put together from. */
export interface Pieces {
  /** with ids, rows and digests of their items */
  readonly shards: ReadonlyArray<WrittenShard>
  /** the artifact's items in their order; null for all items of all shards */
  readonly segments: ReadonlyArray<Segment> | null
  /** in the items' order */
  readonly failed: ReadonlyArray<FailedItem>
}

/** Digests are taken over items in their order, so that how they were cut into shards leaves no trace in them. */
export function assemble(
  node: GraphNode,
  label: string | null,
  { shards: written, segments: some, failed }: Pieces
): Manifest {
  const shards = written.map(({ shard }) => shard)
  const segments = segmentsOf({ shards, segments: some })
  const families = familiesOf(node, shards)
  const digests = Object.fromEntries(
    digestedColumns(node, families).map((name) => [
      name,
      columnDigest(segments.map(([s, from, to]) => itemDigests(node, name, written[s]!, from, to)))
    ])
  )
  const isTable = node.form === "table"
  const ids = isTable ? null : idsDigest(idsOf(written, segments))
  const rowsOf = ([s, from, to]: (typeof segments)[number]) => {
    let rows = 0
    for (let i = from; i < to; i++) rows += written[s]!.rows[i]!
    return rows
  }
  return {
    format: 1,
    digest: artifactDigest({
      form: node.form,
      columns: node.columns,
      label,
      ids,
      digests,
      failed: failed.map(({ item }) => item)
    }),
    form: node.form,
    columns: node.columns,
    label,
    items: isTable ? 0 : segments.reduce((sum, [, from, to]) => sum + to - from, 0),
    rows: segments.reduce((sum, segment) => sum + rowsOf(segment), 0),
    bytes: shards.reduce((sum, shard) => sum + bytesOf(shard), 0),
    ids,
    digests,
    families,
    failed,
    shards,
    segments: compactSegments(segments, shards)
  }
}

function* idsOf(written: Pieces["shards"], segments: ReadonlyArray<Segment>): Generator<string> {
  for (const [s, from, to] of segments) {
    const { ids } = written[s]!
    for (let i = from; i < to; i++) yield ids[i]!
  }
}

/** Members and shapes of each tensor family; all shards must agree. */
function familiesOf(node: GraphNode, shards: ReadonlyArray<Shard>): Readonly<Record<string, Family>> {
  const families: Record<string, Family> = {}
  for (const [name, column] of Object.entries(node.columns)) {
    if (column.type !== "tensors") continue
    const shapes: Record<string, ReadonlyArray<number>> = {}
    const filled = shards.filter((shard) => shard.rows > 0)
    for (const { shapes: of } of filled)
      for (const [key, shape] of Object.entries(of)) {
        if (!key.startsWith(`${name}/`)) continue
        const member = key.slice(name.length + 1)
        if (shapes[member] !== undefined && String(shapes[member]) !== String(shape))
          throw broken(
            node.stage.name,
            node.id,
            "",
            name,
            `"${member}" has rows of shape [${shapes[member]}] and of [${shape}]`
          )
        shapes[member] = shape
      }
    for (const shard of filled)
      for (const member of Object.keys(shapes))
        if (shard.tensors[`${name}/${member}`] === undefined)
          throw broken(node.stage.name, node.id, "", name, `some rows lack the tensor "${member}"`)
    families[name] = { members: Object.keys(shapes), shapes }
  }
  return families
}

/** 16 bytes an item. A shard whose items have no rows does not know its family's members. */
function itemDigests(
  node: GraphNode,
  name: string,
  { digests, ids }: WrittenShard,
  from: number,
  to: number
): Uint8Array {
  const column = digests[name]
  if (column !== undefined) return column.subarray(from * digestBytes, to * digestBytes)
  const empty = emptyItemDigest(node.columns[name.split("/")[0]!]!)
  return Buffer.concat(ids.slice(from, to).map(() => empty))
}

const digestedColumns = (node: GraphNode, families: Readonly<Record<string, Family>>) =>
  Object.keys(node.columns).flatMap((name) =>
    families[name] === undefined ? [name] : families[name].members.map((member) => `${name}/${member}`)
  )

const bytesOf = ({ table, sidecar, tensors, files }: Shard) =>
  table.bytes +
  (sidecar?.bytes ?? 0) +
  [...Object.values(tensors), ...files].reduce((sum, { bytes }) => sum + bytes, 0)
