/** Manifests: what an artifact is made of. */
import { own } from "../../support/own.ts"
import type { Columns } from "../../pipeline/columns.ts"
import type { Form } from "../../pipeline/ports.ts"
import type { ObjectRef, StoredFile } from "../objects/object-ref.ts"

/** An item's name: the text that its source gave it. */
export type ItemId = string

/** Rows of some items that were written together. */
export interface Shard {
  readonly items: number
  readonly rows: number
  /** Parquet: the item's id, and all columns but tensors */
  readonly table: ObjectRef
  /** item ids, rows an item, and a 16-byte digest an item and column; null in a table */
  readonly sidecar: ObjectRef | null
  /** Arrow, by `family/member` */
  readonly tensors: Readonly<Record<string, ObjectRef>>
  /** of one row, by `family/member` */
  readonly shapes: Readonly<Record<string, ReadonlyArray<number>>>
  /** files that the stage made and that `file` columns name */
  readonly files: ReadonlyArray<StoredFile>
}

/** Items of a shard, `from` … `to − 1` of its own: what an artifact takes of it. */
export type Segment = readonly [shard: number, from: number, to: number]
export interface ItemFailure {
  readonly item: ItemId
  readonly error: string
}
export interface NodeFailure {
  readonly node: string
  readonly error: string
}
export interface Family {
  readonly members: ReadonlyArray<string>
  /** of one row, by member */
  readonly shapes: Readonly<Record<string, ReadonlyArray<number>>>
}
export interface Manifest {
  readonly format: 1
  /** of the values: schema, ids, column digests, failed ids */
  readonly digest: string
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column ("scene"); null in a table */
  readonly idColumn: string | null
  readonly items: number
  readonly rows: number
  readonly bytes: number
  /** of the ids in their order; null in a table */
  readonly ids: string | null
  /** of each column's values; a member of a tensor family is a column `family/member`, and `family` its members in order */
  readonly digests: Readonly<Record<string, string>>
  readonly families: Readonly<Record<string, Family>>
  /** items that have no rows because they failed here; such an artifact is incomplete */
  readonly failed: ReadonlyArray<ItemFailure>
  readonly shards: ReadonlyArray<Shard>
  /** which items of which shard, in the artifact's order; null where it is all of all shards */
  readonly segments: ReadonlyArray<Segment> | null
}

/** A manifest as its file has it: the id column is called `label` there. */
export type ManifestFile = Omit<Manifest, "idColumn"> & { readonly label: string | null }

export const manifestOf = ({ label, ...rest }: ManifestFile): Manifest => ({ ...rest, idColumn: label })

/** The fields in the order in which they have always been written. */
export const manifestFile = ({
  format,
  digest,
  form,
  columns,
  idColumn,
  ...rest
}: Manifest): ManifestFile => ({ format, digest, form, columns, label: idColumn, ...rest })

/** The columns that hold a column's values, as digests name them: a tensor family's are its members, `family/member`. */
export const valueColumns = ({ families }: Pick<Manifest, "families">, name: string): ReadonlyArray<string> =>
  own(families, name)?.members.map((member) => `${name}/${member}`) ?? [name]

/** Every object that a shard needs. */
export function* objectsOfShard(shard: Shard): Generator<StoredFile> {
  yield shard.table
  if (shard.sidecar !== null) yield shard.sidecar
  yield* Object.values(shard.tensors)
  yield* shard.files
}
/** Every object that a manifest needs. */
export function* objectsOf(manifest: Pick<Manifest, "shards">): Generator<StoredFile> {
  for (const shard of manifest.shards) yield* objectsOfShard(shard)
}
/** Whether all objects of a shard are so. As `objectsOfShard`, without a generator, which a no-op of many nodes feels. */
export function everyObject(shard: Shard, is: (object: StoredFile) => boolean): boolean {
  if (!is(shard.table) || (shard.sidecar !== null && !is(shard.sidecar))) return false
  for (const member in shard.tensors) if (!is(shard.tensors[member]!)) return false
  for (const file of shard.files) if (!is(file)) return false
  return true
}
