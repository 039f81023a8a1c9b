/**
 * Views: an artifact under its node's name in its run's folder, for people and other tools.
 *
 * `runs/<run>/<node>.parquet` is a table of its own; tensors get a folder `<node>/` of Arrow parts beside
 * `items.parquet`, which says in which part and rows an item's tensors are. A part is named by its tensor, whose name is
 * escaped where it could not be a file's.
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { caselessFileNameOf, fileNameOf, mostTensorBytes } from "../../support/file-names.ts"
import { readCache, writeCache } from "../fresh/cache-file.ts"
import type { Manifest } from "../records/manifest.ts"
import type { Store } from "../store.ts"
import { damaged, storeProblem } from "../files/store-error.ts"
import type { ObjectRef } from "../objects/object-ref.ts"

/** Where a node's table lies, relative to the store's root. */
export const viewOf = (run: string, node: string): string => `runs/${run}/${node}.parquet`

/**
 * Links what is one object already, and writes the table of several shards anew.
 *
 * `folders` has those that the run has made: a look at each took 7 µs a node.
 *
 * At once in the first case. Throws a Problem where the store cannot be written, or an object is damaged.
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

async function publishParts(
  store: Store,
  table: string,
  manifest: Manifest,
  folders: Set<string>
): Promise<void> {
  link(store, await wholeTable(store, manifest), table, folders)
  if (!hasTensors(manifest)) return
  const folder = table.slice(0, -".parquet".length)
  const names = tensorFileNames(manifest)
  for (const [part, shard] of manifest.shards.filter((one) => one.rows > 0).entries())
    for (const [tensor, name] of names) {
      const file = `${name}.${String(part).padStart(5, "0")}.arrow`
      link(store, shard.tensors[tensor]!, path.join(folder, file), folders)
    }
  const items = await remembered(store, `${manifest.digest}.items`, async () =>
    (await import("../items/merged-table.ts")).itemsTable(store, manifest)
  )
  link(store, items, path.join(folder, "items.parquet"), folders)
}

const hasTensors = ({ families }: Manifest): boolean =>
  Object.values(families).some(({ members }) => members.length > 0)

/**
 * The name of each tensor's files, by `family/member`: that of the member, escaped. Where two members of one name, or
 * two that differ in upper and lower case alone, would have one file, it is `family=member`, and upper case is escaped;
 * the sha256 of that where it is too long.
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

/** Escaped letters take three bytes each: a name that gets too long for a file system becomes its sha256. */
const shortened = (name: string): string =>
  name.length <= mostTensorBytes ? name : createHash("sha256").update(name).digest("hex")

/** One Parquet table of all of an artifact's rows, as an object of the store. */
export const wholeTable = async (store: Store, manifest: Manifest): Promise<ObjectRef> =>
  onlyTable(manifest) ??
  remembered(store, `${manifest.digest}.table`, async () =>
    (await import("../items/merged-table.ts")).mergedTable(store, manifest)
  )

/** The table of an artifact that is one shard, and all of it. */
const onlyTable = ({ shards, segments }: Manifest): ObjectRef | null =>
  shards.length === 1 && segments === null ? shards[0]!.table : null

/** A table that was put together before is an object of the store: its name is kept in the cache. Parquet is imported only to make one. */
async function remembered(store: Store, name: string, make: () => Promise<ObjectRef>): Promise<ObjectRef> {
  const note = path.join(store.layout.cache, "views", `${name}.json`)
  const known = readCache<ObjectRef>(store.files, note)
  if (known !== null && store.objects.has(known)) return known
  let object: ObjectRef
  try {
    object = await make()
  } catch (error) {
    throw damaged(error, store.root)
  }
  writeCache(store.files, note, object)
  return object
}

function link(store: Store, object: ObjectRef, at: string, folders: Set<string>): void {
  try {
    const folder = at.slice(0, at.lastIndexOf("/"))
    if (!folders.has(folder)) store.files.makeFolder(folder)
    folders.add(folder)
    store.files.link(store.layout.object(object.sha256, object.extension), at)
  } catch (error) {
    throw storeProblem(error, store.root, "link an artifact into its run's folder")
  }
}
