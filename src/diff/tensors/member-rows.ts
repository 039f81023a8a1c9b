/** Reads chosen rows of one member of a tensor family, from whatever shards they are in. */
import type { TensorFile } from "../../store/format/arrow-read.ts"
import { damaged } from "../../store/files/store-error.ts"
import { openMember } from "../../store/items/read-shard.ts"
import type { Manifest } from "../../store/records/manifest.ts"
import type { Store } from "../../store/store.ts"

/** Opened files kept; each holds the positions of its record batches. */
const mostOpen = 64

export class MemberRows {
  readonly #store: Store
  readonly #manifest: Manifest
  readonly #family: string
  readonly #member: string
  readonly #files = new Map<number, TensorFile>()
  /** values per row */
  readonly width: number
  constructor(store: Store, manifest: Manifest, family: string, member: string, width: number) {
    this.#store = store
    this.#manifest = manifest
    this.#family = family
    this.#member = member
    this.width = width
  }

  /**
   * Rows `of[from]` … `of[to − 1]`, where row i is row `row[i]` of shard `shard[i]`; a run of rows is read at once.
   *
   * @param into [≥ to − from, width] row-major
   * @throws Problem StoreCorrupt
   */
  read(
    places: { readonly shard: Int32Array; readonly row: Int32Array },
    of: ArrayLike<number>,
    from: number,
    to: number,
    into: Float32Array
  ): void {
    const { shard, row } = places
    for (let start = from; start < to;) {
      const first = of[start]!
      let end = start + 1
      while (end < to && shard[of[end]!] === shard[first] && row[of[end]!] === row[first]! + end - start)
        end++
      const target = into.subarray((start - from) * this.width, (end - from) * this.width)
      this.#readRun(shard[first]!, row[first]!, end - start, target)
      start = end
    }
  }

  #readRun(shard: number, first: number, rows: number, into: Float32Array): void {
    const file = this.#open(shard)
    try {
      file.readInto(into, first, first + rows)
    } catch (error) {
      throw damaged(error, this.#store.root)
    }
  }
  #open(shard: number): TensorFile {
    const known = this.#files.get(shard)
    if (known !== undefined) return known
    const file = openMember(this.#store, this.#manifest.shards[shard]!, this.#family, this.#member)
    if (this.#files.size === mostOpen) this.#files.delete(this.#files.keys().next().value!)
    this.#files.set(shard, file)
    return file
  }
}
