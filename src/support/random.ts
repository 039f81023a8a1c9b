/**
 * The seeded generator behind all randomness of a run.
 *
 * Its state is the sha256 of its labels, so that the draws for one scene do not depend on the node's id, the
 * batch, the worker or the order of work.
 *
 * Source of the generator: xoshiro128**, Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators" (2021), https://prng.di.unimi.it/xoshiro128starstar.c (public domain).
 */
import { createHash } from "node:crypto"
import { log } from "./elementary/exponential.ts"
import { cos } from "./elementary/trigonometric.ts"

export type Label = string | number

/** Draws numbers in [0, 1) with 53 random bits. */
export type Random = () => number

const rotl = (x: number, k: number) => (x << k) | (x >>> (32 - k))

/**
 * A separate generator for every list of labels.
 *
 * Labels are distinguished by type and length (`1` is not `"1"`, `["a", "b"]` is not `["ab"]`).
 */
export function seededRandom(...labels: ReadonlyArray<Label>): Random {
  const hash = createHash("sha256").update("probeline random v1\n")
  for (const label of labels) {
    const text = String(label)
    hash.update(`${typeof label === "number" ? "n" : "s"}${Buffer.byteLength(text)}:${text}`)
  }
  const state = new Uint32Array(new Uint8Array(hash.digest().subarray(0, 16)).buffer)
  let [a, b, c, d] = [state[0]! | 0, state[1]! | 0, state[2]! | 0, state[3]! | 0]
  if ((a | b | c | d) === 0) a = 1 // the one state that xoshiro cannot leave
  const next = () => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotl(d, 11)
    return result
  }
  return () => (next() * 0x200000 + (next() >>> 11)) / 0x20000000000000
}

/** A random integer in 0 … n−1. */
export const below = (random: Random, n: number): number => Math.floor(random() * n)

/** A random element. */
export const pick = <A>(random: Random, from: ReadonlyArray<A>): A => from[below(random, from.length)]!

/** A new array in random order (Fisher–Yates). */
export function shuffled<A>(random: Random, from: ReadonlyArray<A>): Array<A> {
  const result = [...from]
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1)
    ;[result[i], result[j]] = [result[j]!, result[i]!]
  }
  return result
}

/** A draw from the standard normal distribution (Box–Muller, one of the pair). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * log(1 - random())) * cos(2 * Math.PI * random())
