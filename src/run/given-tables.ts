/**
 * The tables that `whole` and `many` ports give a stage: the declared columns, and nothing else of the
 * artifact.
 *
 * The key covers only those columns. So every other name is refused, and no result depends on the artifact's
 * other content, on the layout of its rows in shards, or on the id of the node that made it.
 */
import type { AnyColumn, Columns } from "../pipeline/columns.ts"
import { own } from "../support/own.ts"
import type { PortMode } from "../pipeline/ports.ts"
import { Problem } from "../support/problem.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { FileChanged } from "../store/files/outside-file.ts"
import { artifactTable, type ArtifactTable, type Vectors } from "../store/items/read-artifact.ts"
import type { Store } from "../store/store.ts"
import type { Task } from "./task.ts"
import { cellBytes } from "../store/format/cell.ts"

/** A batch ends at this many rows, or when its columns hold this many bytes. */
const batchRows = 8192
const batchBytes = 2 ** 23

/**
 * By port: a table, or a list of tables. Joined ports are left out. `onRefused` receives files that cannot be
 * read.
 */
export const givenTables = (
  store: Store,
  { node, ports }: Pick<Task, "node" | "ports">,
  onRefused: (error: FileChanged) => void = () => {}
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(ports).flatMap(([name, fed]): ReadonlyArray<readonly [string, unknown]> => {
      if (!("from" in fed)) return []
      const { mode, reads } = fed
      if (mode === "memberNames") {
        const family = Object.keys(reads)[0]!
        return [[name, [...(own(fed.from[0]!.manifest.families, family)?.members ?? [])]]]
      }
      const port = { node, name, mode, reads }
      const tables = fed.from.map(({ manifest }) =>
        givenTable(artifactTable(store, manifest, onRefused), port, manifest)
      )
      return [[name, mode === "many" ? tables : tables[0]]]
    })
  )

interface NamedPort {
  /** the node that has the port */
  readonly node: string
  readonly name: string
  readonly mode: PortMode
  readonly reads: Columns
}

function givenTable(table: ArtifactTable, port: NamedPort, { rows }: Manifest) {
  const plain = (names: ReadonlyArray<string>) => {
    for (const name of names)
      if (declared(port, name).type === "tensors")
        throw refused(
          port,
          name,
          `"${name}" is a family of tensors`,
          `read it with tensor("${name}", member)`
        )
    return names
  }
  const members = (family: string) => {
    if (declared(port, family).type !== "tensors")
      throw refused(port, family, `"${family}" is not a family of tensors`, `read it with read("${family}")`)
    return table.members(family)
  }
  return {
    rows,
    items: () => table.items(),
    read: async (...names: ReadonlyArray<string>) => table.read(plain(names)),
    async *batches(...names: ReadonlyArray<string>) {
      yield* evenBatches(table.batches(plain(names)), ["item", ...names])
    },
    // a copy: the stage may sort it
    members: (family: string) => [...members(family)],
    tensor: async (family: string, member: string) => {
      const all = members(family)
      if (!all.includes(member))
        throw refused(
          port,
          `${family}/${member}`,
          `"${family}" has no member "${member}"`,
          `its members are: ${all.join(", ") || "none"}`
        )
      return table.tensor(family, member)
    }
  }
}

function declared(port: NamedPort, name: string): AnyColumn {
  const column = own(port.reads, name)
  if (column !== undefined) return column
  throw undeclared(port, name)
}

/**
 * The problem of a stage that reads a column that its port does not declare. It does not say whether the
 * input has the column, because no key records that.
 */
export function undeclared(port: NamedPort, name: string): Problem {
  const names = Object.keys(port.reads).join(", ") || "none"
  return refused(
    port,
    name,
    `the port does not declare the column "${name}"`,
    name === "item" || name === "id"
      ? "every read returns the row ids as `item`"
      : `declare it there, as in ${port.mode}({ …, ${name}: column.… }); the columns declared are: ${names}`
  )
}

const refused = (
  { node, name: port }: Pick<NamedPort, "node" | "name">,
  column: string,
  what: string,
  hint: string
) =>
  new Problem("StageFailed", `node "${node}", port "${port}": ${what}`, {
    field: `${node}.${port}.${column}`,
    hint
  })

/**
 * Splits the rows again, by their number and size alone. Incoming batches end where shards end, so a sum by batch
 * would depend on the order in which shards were written.
 */
async function* evenBatches(
  batches: AsyncIterable<Vectors>,
  names: ReadonlyArray<string>
): AsyncGenerator<Vectors> {
  const empty = () => names.map((name): [string, Array<unknown>] => [name, []])
  let [open, rows, bytes] = [empty(), 0, 0]
  for await (const batch of batches) {
    const columns = names.map((name) => batch[name]!)
    for (let row = 0; row < columns[0]!.length; row++) {
      columns.forEach((column, c) => {
        open[c]![1].push(column[row])
        if (c > 0) bytes += cellBytes(column[row])
      })
      if (++rows < batchRows && bytes < batchBytes) continue
      yield Object.fromEntries(open)
      ;[open, rows, bytes] = [empty(), 0, 0]
    }
  }
  if (rows > 0) yield Object.fromEntries(open)
}
