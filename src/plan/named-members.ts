/** Member ports: which member of a tensor family each item names, found without reading any row. */
import type { Columns } from "../pipeline/columns.ts"
import type { PortColumn } from "../pipeline/graph.ts"
import { own } from "../support/own.ts"
import { itemDigests } from "../store/format/value-digest.ts"
import type { ItemWindow } from "../store/items/item-windows.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { keyBytes } from "../store/records/packed-keys.ts"

/** A port that gives an item the member of a family that the item names in a joined port's column. */
export interface MemberPort {
  readonly name: string
  /** the input node */
  readonly node: string
  readonly family: string
  readonly by: PortColumn
  readonly manifest: Manifest
}

/** Looks names up by digest: a cell's digest equals the digest of the name alone. */
export class NamedMembers {
  readonly #names: ReadonlyArray<string>
  /** the index of a name, by its digest in hexadecimal */
  readonly #index: ReadonlyMap<string, number>
  /** for each item, the index of its member, or −1 */
  readonly #ofItem: Int32Array
  /** where windows have the digests of the names: the index of the joined port, and the column */
  readonly #port: number
  readonly #column: string
  readonly family: Uint8Array
  /** the first bytes of each member's digest */
  readonly #digests: ReadonlyArray<Uint8Array>

  /** @param joined the names of the joined ports, in the windows' order */
  constructor({ family, by, manifest }: MemberPort, joined: ReadonlyArray<string>, items: number) {
    const names = own(manifest.families, family)?.members ?? []
    const one = { name: { type: "utf8" } } as unknown as Columns
    const rows = Array.from({ length: names.length + 1 }, (_, i) => i)
    const digests = Buffer.from(itemDigests(one, { name: names }, {}, rows)["name"]!)
    this.#names = names
    this.#index = new Map(names.map((_, i) => [digestAt(digests, i), i]))
    this.#ofItem = new Int32Array(items)
    this.#port = joined.indexOf(by.port)
    this.#column = by.column
    this.family = Buffer.from(family)
    this.#digests = names.map((name) =>
      Buffer.from(manifest.digests[`${family}/${name}`]!, "hex").subarray(0, keyBytes)
    )
  }

  /** The first bytes of the digest of each item's member, in a window; undefined for an item that names no member. */
  read(windows: ReadonlyArray<ItemWindow>): (k: number) => Uint8Array | undefined {
    const { from, columns } = windows[this.#port]!
    const { digests } = columns.find(({ name }) => name === this.#column)!
    const named = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength)
    return (k) => {
      const member = this.#index.get(digestAt(named, k)) ?? -1
      this.#ofItem[from + k] = member
      return this.#digests[member]
    }
  }

  /** The name of an item's member, once its window was read; null if it names no member. */
  nameOf(item: number): string | null {
    return this.#names[this.#ofItem[item]!] ?? null
  }
}

const digestAt = (digests: Buffer, i: number): string =>
  digests.toString("hex", i * keyBytes, (i + 1) * keyBytes)
