/** Assembles a manifest from what the tasks of a node made. */
import type { GraphNode } from "../pipeline/graph.ts"
import type { Family, Manifest, Shard } from "../store/manifest.ts"
import { artifactDigest, columnDigest, emptyItemDigest, idsDigest } from "../store/value-digest.ts"
import { broken } from "./check-rows.ts"
import type { WrittenShard } from "../store/write-shard.ts"
import type { TaskResult } from "./task.ts"

/** Digests are taken over items in their order, so that how they were cut into shards leaves no trace in them. */
export function assemble(
  node: GraphNode,
  label: string | null,
  results: ReadonlyArray<TaskResult>
): Manifest {
  const written = results.flatMap((result) => result.shards)
  const failed = results.flatMap((result) => result.failed)
  const families = familiesOf(node, written)
  const digests = Object.fromEntries(
    digestedColumns(node, families).map((name) => [
      name,
      columnDigest(written.map((w) => w.digests[name] ?? withoutRows(node, name, w)))
    ])
  )
  const ids = node.form === "table" ? null : idsDigest(written.flatMap((w) => w.ids))
  const files = new Map(written.flatMap((w) => w.files).map((file) => [file.sha256, file]))
  const shards = written.map((w) => w.shard)
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
    items: node.form === "table" ? 0 : shards.reduce((sum, shard) => sum + shard.items, 0),
    rows: shards.reduce((sum, shard) => sum + shard.rows, 0),
    bytes:
      shards.reduce((sum, shard) => sum + bytesOf(shard), 0) +
      [...files.values()].reduce((sum, f) => sum + f.bytes, 0),
    ids,
    digests,
    families,
    failed,
    shards,
    files: [...files.values()]
  }
}

/** Members and shapes of each tensor family; all shards must agree. */
function familiesOf(node: GraphNode, written: ReadonlyArray<WrittenShard>): Readonly<Record<string, Family>> {
  const families: Record<string, Family> = {}
  for (const [name, column] of Object.entries(node.columns)) {
    if (column.type !== "tensors") continue
    const shapes: Record<string, ReadonlyArray<number>> = {}
    const filled = written.filter((w) => w.shard.rows > 0)
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
    for (const { shard } of filled)
      for (const member of Object.keys(shapes))
        if (shard.tensors[`${name}/${member}`] === undefined)
          throw broken(node.stage.name, node.id, "", name, `some rows lack the tensor "${member}"`)
    families[name] = { members: Object.keys(shapes), shapes }
  }
  return families
}

/** A shard whose items have no rows does not know its family's members. */
const withoutRows = (node: GraphNode, name: string, { ids }: WrittenShard): Uint8Array => {
  const empty = emptyItemDigest(node.columns[name.split("/")[0]!]!)
  return Buffer.concat(ids.map(() => empty))
}

const digestedColumns = (node: GraphNode, families: Readonly<Record<string, Family>>) =>
  Object.keys(node.columns).flatMap((name) =>
    families[name] === undefined ? [name] : families[name].members.map((member) => `${name}/${member}`)
  )

const bytesOf = ({ table, sidecar, tensors }: Shard) =>
  table.bytes + (sidecar?.bytes ?? 0) + Object.values(tensors).reduce((sum, { bytes }) => sum + bytes, 0)
