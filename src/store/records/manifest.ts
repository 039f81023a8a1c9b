/** Manifests: the files, items and digests that make up an artifact. */
import { emptyRecord, own } from "../../support/own.ts"
import type { Columns } from "../../pipeline/columns.ts"
import type { Form } from "../../pipeline/ports.ts"
import type { ObjectRef, StoredFile } from "../objects/object-ref.ts"

/** An item's id: the text that its source gave it. */
export type ItemId = string

/** Rows of some items that were written together. */
export interface Shard {
  readonly items: number
  readonly rows: number
  /** Parquet: the item's id, and all columns but tensors */
  readonly table: ObjectRef
  /** item ids, rows per item, and a 16-byte digest per item and column; null in a table without items */
  readonly sidecar: ObjectRef | null
  /** Arrow, by `family/member` */
  readonly tensors: Readonly<Record<string, ObjectRef>>
  /** of one row, by `family/member` */
  readonly shapes: Readonly<Record<string, ReadonlyArray<number>>>
  /** files made by the stage and named by `file` columns */
  readonly files: ReadonlyArray<StoredFile>
}

/** The part of a shard that an artifact uses: items `from` … `to − 1` of the shard. */
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
  /** digest of the values: schema, ids, column digests, failed ids */
  readonly digest: string
  readonly form: Form
  readonly columns: Columns
  /** the name of the id column ("scene"); null in a table without items */
  readonly idColumn: string | null
  readonly items: number
  readonly rows: number
  readonly bytes: number
  /** digest of the ids in order; null in a table without items */
  readonly ids: string | null
  /**
   * of each column's values; a tensor family has a column `family/member` per member, and `family` for the
   * members' order
   */
  readonly digests: Readonly<Record<string, string>>
  readonly families: Readonly<Record<string, Family>>
  /** items without rows because they failed here; such an artifact is incomplete */
  readonly failed: ReadonlyArray<ItemFailure>
  readonly shards: ReadonlyArray<Shard>
  /** which items of which shard, in the artifact's order; null if all of all shards */
  readonly segments: ReadonlyArray<Segment> | null
}

/** The form of a manifest's file, which calls the id column `label`. */
export type ManifestFile = Omit<Manifest, "idColumn"> & { readonly label: string | null }

export const manifestOf = ({ label, ...rest }: ManifestFile): Manifest => ({ ...rest, idColumn: label })

/** The fields, in the order of the file format. */
export const manifestFile = ({
  format,
  digest,
  form,
  columns,
  idColumn,
  ...rest
}: Manifest): ManifestFile => ({ format, digest, form, columns, label: idColumn, ...rest })

/**
 * The names under which digests hold a column's values: for a tensor family, its members (`family/member`).
 */
export const valueColumns = ({ families }: Pick<Manifest, "families">, name: string): ReadonlyArray<string> =>
  own(families, name)?.members.map((member) => `${name}/${member}`) ?? [name]

/** The tensor families of a shard with rows; one without rows does not know its members. */
export function familiesOfShard({ shapes }: Pick<Shard, "shapes">): Readonly<Record<string, Family>> {
  const families = emptyRecord<{ members: Array<string>; shapes: Record<string, ReadonlyArray<number>> }>()
  for (const [key, shape] of Object.entries(shapes)) {
    const at = key.indexOf("/")
    const [family, member] = [key.slice(0, at), key.slice(at + 1)]
    const of = (families[family] ??= { members: [], shapes: emptyRecord() })
    of.members.push(member)
    of.shapes[member] = shape
  }
  return families
}

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
/**
 * Whether a predicate holds for all objects of a shard. `objectsOfShard` without the cost of a generator,
 * which matters in a no-op of many nodes.
 */
export function everyObject(shard: Shard, is: (object: StoredFile) => boolean): boolean {
  if (!is(shard.table) || (shard.sidecar !== null && !is(shard.sidecar))) return false
  for (const member in shard.tensors) if (!is(shard.tensors[member]!)) return false
  for (const file of shard.files) if (!is(file)) return false
  return true
}
