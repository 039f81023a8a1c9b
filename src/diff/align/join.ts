/**
 * Joins two streams by key in memory that does not grow with their lengths.
 *
 * Both are read side by side. What has no partner yet waits, and if too much waits, the oldest is set aside: one bit
 * per element. What was set aside is joined afterwards, in as many passes over the streams as the memory asks for:
 * each pass takes the keys with one remainder of a hash. Two streams in one order, with elements added and removed,
 * need a single pass.
 */
export interface Keyed {
  readonly key: string
  /** its index in the stream */
  readonly at: number
}
export interface KeyedStream<E extends Keyed> {
  readonly length: number
  /** All elements, from the start. They are valid until the next chunk is asked for. */
  readonly chunks: () => AsyncIterable<ReadonlyArray<E>>
  /** a copy that stays valid */
  readonly keep: (element: E) => E
}
/** Elements with the same key; null if the other stream lacks it. Valid until the next pairs are asked for. */
export type Matched<E> = readonly [a: E | null, b: E | null]

/**
 * Every element of both streams is in exactly one pair. If a key repeats, its first occurrences are paired, then its
 * second ones.
 *
 * @param most elements of a stream that may wait
 * @param onRepeated called for a key that is seen again: next to itself, or while the earlier one waits. Other
 *   repetitions show as elements without a partner.
 */
export async function* joined<E extends Keyed>(
  a: KeyedStream<E>,
  b: KeyedStream<E>,
  most: number,
  onRepeated: (key: string) => void = () => {}
): AsyncGenerator<ReadonlyArray<Matched<E>>> {
  const sides = [new Waiting(a, most, onRepeated), new Waiting(b, most, onRepeated)] as const
  const cursors = [new Cursor(a, onRepeated), new Cursor(b, onRepeated)] as const
  let pairs: Array<Matched<E>> = []
  try {
    for (;;) {
      for (const cursor of cursors)
        if (cursor.isEmpty) {
          if (pairs.length > 0) yield pairs
          pairs = []
          await cursor.fill()
        }
      const [x, y] = [cursors[0].take(), cursors[1].take()]
      if (x === null && y === null) break
      if (x !== null && y !== null && x.key === y.key && !sides[0].has(x.key) && !sides[1].has(x.key)) {
        pairs.push([x, y])
        continue
      }
      if (x !== null) {
        const partner = sides[1].take(x.key)
        if (partner === null) sides[0].add(x)
        else pairs.push([x, partner])
      }
      if (y !== null) {
        const partner = sides[0].take(y.key)
        if (partner === null) sides[1].add(y)
        else pairs.push([partner, y])
      }
    }
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
  if (pairs.length > 0) yield pairs
  if (sides[0].aside === null && sides[1].aside === null) {
    yield* alone(sides[0].rest(), 0)
    yield* alone(sides[1].rest(), 1)
  } else yield* setAside(a, b, [sides[0].asideWithRest(), sides[1].asideWithRest()], most)
}

/** Joins what was set aside: holds a part of the smaller side, and streams the other past it. */
async function* setAside<E extends Keyed>(
  a: KeyedStream<E>,
  b: KeyedStream<E>,
  aside: readonly [Bits, Bits],
  most: number
): AsyncGenerator<ReadonlyArray<Matched<E>>> {
  const held = aside[0].count <= aside[1].count ? 0 : 1
  const [small, large] = held === 0 ? [a, b] : [b, a]
  const [ofSmall, ofLarge] = held === 0 ? [aside[0], aside[1]] : [aside[1], aside[0]]
  const parts = Math.max(1, Math.ceil(ofSmall.count / most))
  for (let part = 0; part < parts; part++) {
    const isOfPart = (element: E, bits: Bits) =>
      bits.has(element.at) && (parts === 1 || hashOf(element.key) % parts === part)
    const waiting = new Waiting(small, Infinity, () => {})
    if (ofSmall.count > 0)
      for await (const chunk of small.chunks())
        for (const element of chunk) if (isOfPart(element, ofSmall)) waiting.add(element)
    if (ofLarge.count > 0)
      for await (const chunk of large.chunks()) {
        const pairs: Array<Matched<E>> = []
        for (const element of chunk) {
          if (!isOfPart(element, ofLarge)) continue
          const partner = waiting.take(element.key)
          pairs.push(held === 0 ? [partner, element] : [element, partner])
        }
        if (pairs.length > 0) yield pairs
      }
    yield* alone(waiting.rest(), held)
  }
}

function* alone<E>(elements: ReadonlyArray<E>, side: 0 | 1): Generator<ReadonlyArray<Matched<E>>> {
  if (elements.length > 0)
    yield elements.map((element): Matched<E> => (side === 0 ? [element, null] : [null, element]))
}

/** Takes a stream's elements one by one. */
class Cursor<E extends Keyed> {
  readonly #chunks: AsyncIterator<ReadonlyArray<E>>
  #chunk: ReadonlyArray<E> = []
  #next = 0
  #done = false
  #before: string | null = null
  readonly #onRepeated: (key: string) => void
  constructor(stream: KeyedStream<E>, onRepeated: (key: string) => void) {
    this.#onRepeated = onRepeated
    this.#chunks = stream.chunks()[Symbol.asyncIterator]()
  }
  /** Whether `fill` has to be called before `take`. */
  get isEmpty(): boolean {
    return !this.#done && this.#next === this.#chunk.length
  }
  async fill(): Promise<void> {
    while (this.isEmpty) {
      const { value, done } = await this.#chunks.next()
      if (done === true) this.#done = true
      this.#chunk = done === true ? [] : value
      this.#next = 0
    }
  }
  take(): E | null {
    if (this.#next === this.#chunk.length) return null
    const element = this.#chunk[this.#next++]!
    if (element.key === this.#before) this.#onRepeated(element.key)
    this.#before = element.key
    return element
  }
  async close(): Promise<void> {
    if (!this.#done) await this.#chunks.return?.()
  }
}

/** Elements of one side without a partner so far, the oldest first. */
class Waiting<E extends Keyed> {
  readonly #stream: KeyedStream<E>
  readonly #most: number
  readonly #byKey = new Map<string, E | Array<E>>()
  #size = 0
  /** those that would not fit; null if all did */
  aside: Bits | null = null
  readonly #onRepeated: (key: string) => void
  constructor(stream: KeyedStream<E>, most: number, onRepeated: (key: string) => void) {
    this.#stream = stream
    this.#most = most
    this.#onRepeated = onRepeated
  }

  has(key: string): boolean {
    return this.#size > 0 && this.#byKey.has(key)
  }
  add(element: E): void {
    const kept = this.#stream.keep(element)
    const others = this.#byKey.get(kept.key)
    if (others === undefined) this.#byKey.set(kept.key, kept)
    else {
      const all = Array.isArray(others) ? others : [others]
      // the cursor has told of neighbours
      if (all.at(-1)!.at !== kept.at - 1) this.#onRepeated(kept.key)
      all.push(kept)
      this.#byKey.set(kept.key, all)
    }
    if (++this.#size > this.#most) this.#setAside()
  }
  /** The first element with this key. */
  take(key: string): E | null {
    if (this.#size === 0) return null
    const found = this.#byKey.get(key)
    if (found === undefined) return null
    this.#size--
    if (Array.isArray(found) && found.length > 1) return found.shift()!
    this.#byKey.delete(key)
    return Array.isArray(found) ? found[0]! : found
  }
  rest(): ReadonlyArray<E> {
    return [...this.#byKey.values()].flat() as Array<E>
  }
  asideWithRest(): Bits {
    const bits = this.aside ?? new Bits(this.#stream.length)
    for (const { at } of this.rest()) bits.add(at)
    return bits
  }

  /** The oldest key, with all of its elements, so that repeated keys stay together. */
  #setAside(): void {
    this.aside ??= new Bits(this.#stream.length)
    const [key, elements] = this.#byKey.entries().next().value!
    this.#byKey.delete(key)
    for (const { at } of [elements].flat() as Array<E>) {
      this.aside.add(at)
      this.#size--
    }
  }
}

class Bits {
  readonly #bits: Uint32Array
  count = 0
  constructor(length: number) {
    this.#bits = new Uint32Array(Math.ceil(length / 32))
  }
  has(i: number): boolean {
    return (this.#bits[i >>> 5]! & (1 << (i & 31))) !== 0
  }
  add(i: number): void {
    if (this.has(i)) return
    this.#bits[i >>> 5]! |= 1 << (i & 31)
    this.count++
  }
}

/** FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3; both are in the public domain. */
function hashOf(key: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
