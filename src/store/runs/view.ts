/**
 * Views: artifacts under their node's name in a run's folder, for people and other tools.
 *
 * `runs/<run>/<node>.parquet` is a table; tensors have a folder `<node>/` of Arrow parts, with
 * `items.parquet`, which maps each item to its part and rows. A part is named after its tensor, escaped if
 * that is not a valid file name.
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { caselessFileNameOf, fileNameOf, mostTensorBytes } from "../../support/file-names.ts"
import { readCache, writeCache } from "../fresh/cache-file.ts"
import type { Manifest } from "../records/manifest.ts"
import type { Store } from "../store.ts"
import { damaged, storeProblem } from "../files/store-error.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

/** The path of a node's table, relative to the store's root. */
export const viewOf = (run: string, node: string): string => `runs/${run}/${node}.parquet`

/**
 * Links the table if it is one object already, and otherwise writes the table of several shards anew.
 *
 * `folders` has those that the run has already made: checking each took 7 µs per node.
 *
 * Synchronous if no table has to be written. Throws a Problem if the store cannot be written, or an object is damaged.
 */
export function publishView(
  store: Store,
  run: string,
  node: string,
  manifest: Manifest,
  folders = new Set<string>()
): void | Promise<void> {
  const table = `${store.root}/${viewOf(run, node)}`
  const only = onlyTable(manifest)
  return only !== null && !hasTensors(manifest)
    ? link(store, only, table, folders)
    : publishParts(store, table, manifest, folders)
}

function publishParts(
  store: Store,
  table: string,
  manifest: Manifest,
  folders: Set<string>
): void | Promise<void> {
  return then(wholeTable(store, manifest), (whole) => {
    link(store, whole, table, folders)
    return hasTensors(manifest) ? publishTensors(store, table, manifest, folders) : undefined
  })
}

function publishTensors(
  store: Store,
  table: string,
  manifest: Manifest,
  folders: Set<string>
): void | Promise<void> {
  const folder = table.slice(0, -".parquet".length)
  const names = tensorFileNames(manifest)
  for (const [part, shard] of manifest.shards.filter((one) => one.rows > 0).entries())
    for (const [tensor, name] of names) {
      const file = `${name}.${String(part).padStart(5, "0")}.arrow`
      link(store, shard.tensors[tensor]!, path.join(folder, file), folders)
    }
  // a table's rows belong to no items
  if (manifest.idColumn === null) return
  const items = remembered(store, `${manifest.digest}.items`, async () =>
    (await import("../items/merged-table.ts")).itemsTable(store, manifest)
  )
  return then(items, (table) => link(store, table, path.join(folder, "items.parquet"), folders))
}

const hasTensors = ({ families }: Manifest): boolean =>
  Object.values(families).some(({ members }) => members.length > 0)

/**
 * The file name of each tensor, by `family/member`: the member's name, escaped. If two members would get one
 * file name, or names that differ only in case, it is `family=member` with upper case escaped; if that is too
 * long, its sha256.
 */
export function tensorFileNames({ families }: Pick<Manifest, "families">): ReadonlyMap<string, string> {
  const all = Object.entries(families).flatMap(([family, { members }]) =>
    members.map((member) => ({ family, member, plain: fileNameOf(member) }))
  )
  const count = new Map<string, number>()
  for (const { plain } of all) count.set(plain.toLowerCase(), (count.get(plain.toLowerCase()) ?? 0) + 1)
  return new Map(
    all.map(({ family, member, plain }) => [
      `${family}/${member}`,
      count.get(plain.toLowerCase()) === 1
        ? plain
        : shortened(`${caselessFileNameOf(family)}=${caselessFileNameOf(member)}`)
    ])
  )
}

/** Escaping makes a letter three bytes: a name too long for a file system is replaced by its sha256. */
const shortened = (name: string): string =>
  name.length <= mostTensorBytes ? name : createHash("sha256").update(name).digest("hex")

/** One Parquet table of all of an artifact's rows, as an object of the store. */
export const wholeTable = (store: Store, manifest: Manifest): ObjectRef | Promise<ObjectRef> =>
  onlyTable(manifest) ??
  remembered(store, `${manifest.digest}.table`, async () =>
    (await import("../items/merged-table.ts")).mergedTable(store, manifest)
  )

/** The table of an artifact that consists of one whole shard. */
const onlyTable = ({ shards, segments }: Manifest): ObjectRef | null =>
  shards.length === 1 && segments === null ? shards[0]!.table : null

/**
 * A merged table is an object of the store, and the cache keeps its name. Parquet is imported only to make
 * one.
 */
function remembered(
  store: Store,
  name: string,
  make: () => Promise<ObjectRef>
): ObjectRef | Promise<ObjectRef> {
  const note = path.join(store.layout.cache, "views", `${name}.json`)
  const known = readCache<ObjectRef>(store.files, note)
  if (known !== null && store.objects.has(known)) return known
  return make().then(
    (object) => {
      writeCache(store.files, note, object)
      return object
    },
    (error: unknown) => {
      throw damaged(error, store.root)
    }
  )
}

const then = <A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> =>
  value instanceof Promise ? value.then(next) : next(value)

function link(store: Store, object: ObjectRef, at: string, folders: Set<string>): void {
  try {
    const folder = at.slice(0, at.lastIndexOf("/"))
    if (!folders.has(folder)) store.files.makeFolder(folder)
    folders.add(folder)
    store.objects.link(object, at)
  } catch (error) {
    throw storeProblem(error, store.root, "link an artifact into its run's folder")
  }
}
