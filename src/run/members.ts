/** Gives each item the member of a tensor family that it names. */
import type { Member, TensorBlock } from "../pipeline/ports.ts"
import { own } from "../support/own.ts"
import { tensorBlock } from "../store/items/read-artifact.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { Store } from "../store/store.ts"
import type { JoinedItem } from "./join.ts"
import type { FailedNow, Task } from "./task.ts"

/** The most bytes of matrices that stay in memory between tasks. */
const mostBytes = 2 ** 28

/**
 * The matrices read last. A stage gets copies of their rows and cannot change them. One larger than the limit is read
 * from the store each time.
 */
export class MemberCache {
  readonly #limit: number
  /** by artifact, family and member; the one used last is the last */
  readonly #blocks = new Map<string, TensorBlock>()
  #bytes = 0
  constructor(limit = mostBytes) {
    this.#limit = limit
  }

  /** @throws Problem if an object is missing or damaged */
  get(store: Store, manifest: Manifest, family: string, member: string): TensorBlock {
    const key = `${manifest.digest}/${family}/${member}`
    const known = this.#blocks.get(key)
    if (known !== undefined) {
      this.#blocks.delete(key)
      this.#blocks.set(key, known)
      return known
    }
    const block = tensorBlock(store, manifest, family, member)
    const { byteLength } = block.data
    if (byteLength > this.#limit) return block
    this.#blocks.set(key, block)
    this.#bytes += byteLength
    for (const [other, { data }] of this.#blocks) {
      if (this.#bytes <= this.#limit) break
      this.#blocks.delete(other)
      this.#bytes -= data.byteLength
    }
    return block
  }

  clear(): void {
    this.#blocks.clear()
    this.#bytes = 0
  }
}

/** The items with a value for each member port, and failures of those that name an absent member. */
export function withMembers(
  store: Store,
  { ports }: Pick<Task, "ports">,
  items: ReadonlyArray<JoinedItem>,
  cache: MemberCache
): { readonly items: ReadonlyArray<JoinedItem>; readonly failed: ReadonlyArray<FailedNow> } {
  const failed = new Map<string, FailedNow>()
  let having = items
  for (const [port, fed] of Object.entries(ports)) {
    if (fed.mode !== "member") continue
    const { by, manifest, reads } = fed
    const family = Object.keys(reads)[0]!
    const shapes = own(manifest.families, family)?.shapes ?? {}
    having = having.flatMap((item) => {
      const name = (item[by.port] as Readonly<Record<string, string>>)[by.column]!
      const shape = own(shapes, name)
      if (shape !== undefined)
        return { ...item, [port]: memberOf(manifest, shape, () => cache.get(store, manifest, family, name)) }
      const error = `there is no ${by.column} ${JSON.stringify(name)} in "${family}"`
      failed.set(item.id, { item: item.id, error })
      return []
    })
  }
  return { items: having, failed: [...failed.values()] }
}

/** @param read gets the matrix, which must stay as it is */
const memberOf = ({ rows }: Manifest, shape: ReadonlyArray<number>, read: () => TensorBlock): Member => ({
  rows,
  shape: [...shape],
  read: async (some) => {
    const { data } = read()
    if (some === undefined) return data.slice()
    const size = shape.reduce((product, one) => product * one, 1)
    const copy = new Float32Array(some.length * size)
    for (let i = 0; i < some.length; i++) {
      const row = some[i]!
      if (!Number.isInteger(row) || row < 0 || row >= rows)
        throw new RangeError(`there is no row ${row} among ${rows}`)
      copy.set(data.subarray(row * size, (row + 1) * size), i * size)
    }
    return copy
  }
})
