/** Damage to bytes and to texts, drawn from a seeded generator. */
import { below, pick, type Random } from "../../src/support/random.ts"

/** Numbers that overflow, turn negative, or are just too large, in the encodings of the formats that are read here. */
const extremes: ReadonlyArray<Uint8Array> = [
  ...[0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1].map((n) => littleEndian(BigInt(n), 4)),
  ...[0n, 1n << 31n, 1n << 40n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n].map((n) =>
    littleEndian(n, 8)
  ),
  // varints: −1, −11, 2⁶³ − 1, 2⁵³, one of 11 bytes, one without an end
  Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
  Uint8Array.of(245, 255, 255, 255, 255, 255, 255, 255, 255, 1),
  Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 127),
  Uint8Array.of(128, 128, 128, 128, 128, 128, 128, 16),
  Uint8Array.of(128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1),
  new Uint8Array(16).fill(255)
]

function littleEndian(n: bigint, bytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, n, true)
  return new Uint8Array(view.buffer, 0, bytes)
}

const joined = (...parts: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(parts))
const noise = (random: Random, length: number) => Uint8Array.from({ length }, () => below(random, 256))

type Damage = (random: Random, bytes: Uint8Array, others: ReadonlyArray<Uint8Array>) => Uint8Array

const damages: Readonly<Record<string, Damage>> = {
  flipBit(random, bytes) {
    const damaged = Uint8Array.from(bytes) // a Buffer's slice would be the same bytes
    damaged[below(random, bytes.length)]! ^= 1 << below(random, 8)
    return damaged
  },
  truncate: (random, bytes) => bytes.slice(0, below(random, bytes.length)),
  cutOut(random, bytes) {
    const from = below(random, bytes.length)
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + below(random, 32)))
  },
  overwriteExtreme(random, bytes) {
    const extreme = pick(random, extremes)
    const from = below(random, bytes.length)
    return joined(bytes.subarray(0, from), extreme, bytes.subarray(from + extreme.length))
  },
  insertExtreme(random, bytes) {
    const from = below(random, bytes.length)
    return joined(bytes.subarray(0, from), pick(random, extremes), bytes.subarray(from))
  },
  insertNoise(random, bytes) {
    const from = below(random, bytes.length)
    return joined(bytes.subarray(0, from), noise(random, 1 + below(random, 16)), bytes.subarray(from))
  },
  /** A part of this file or of another one, in another place. */
  splice(random, bytes, others) {
    const other = pick(random, others)
    const [from, to] = [below(random, bytes.length), below(random, other.length)]
    return joined(bytes.subarray(0, from), other.subarray(to, to + below(random, 64)), bytes.subarray(from))
  },
  /** The same part many times. */
  repeat(random, bytes) {
    const from = below(random, bytes.length)
    const part = bytes.subarray(from, from + 1 + below(random, 16))
    return joined(bytes.subarray(0, from), ...Array.from({ length: 2 + below(random, 200) }, () => part))
  },
  append: (random, bytes) => joined(bytes, pick(random, extremes), noise(random, below(random, 8)))
}

/** One of the files with up to four damages; one in fifty is nothing but random bytes. */
export function damagedBytes(random: Random, files: ReadonlyArray<Uint8Array>): Uint8Array {
  if (random() < 0.02) return noise(random, below(random, 200))
  let bytes = pick(random, files)
  for (let n = below(random, 5); n > 0 && bytes.length > 0; n--)
    bytes = pick(random, Object.values(damages))(random, bytes, files)
  return bytes
}

const numbers = [
  "-1",
  "0",
  "1e15",
  "1e308",
  "-0.5",
  "9007199254740993",
  "4294967296",
  "2147483648",
  "null",
  '""',
  "[]"
]

/** The same of texts: numbers in them become extreme ones too. */
export function damagedText(random: Random, texts: ReadonlyArray<string>): string {
  const text = pick(random, texts)
  if (random() < 0.5) {
    const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)]
    const one = found[below(random, found.length)]
    if (one !== undefined)
      return text.slice(0, one.index) + pick(random, numbers) + text.slice(one.index + one[0].length)
  }
  return Buffer.from(
    damagedBytes(
      random,
      texts.map((each) => Buffer.from(each))
    )
  ).toString("utf8")
}
