/** The elementary functions: within 1 ulp of references in whole numbers, and the same bits as ever. */
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { exp, log, log1p } from "../../../../src/support/elementary/exponential.ts"
import { acos, cos, sin } from "../../../../src/support/elementary/trigonometric.ts"
import { normal, type Random, seededRandom } from "../../../../src/support/random.ts"
import { acosError, fixed, inUlps, references, ulps } from "./reference.ts"

const functions = { exp, log, log1p, sin, cos, acos }
type Name = keyof typeof functions

const between = (low: number, high: number) => (random: Random) => low + (high - low) * random()
/** Of any size from 2^low to 2^high, either sign. */
const ofSize = (low: number, high: number) => (random: Random) =>
  (random() < 0.5 ? -1 : 1) * exp(between(low, high)(random) * Math.LN2)
const positive = (low: number, high: number) => (random: Random) => Math.abs(ofSize(low, high)(random))
/** Close to a multiple of π/2, where most bits cancel out. */
const nearQuarters = (most: number) => (random: Random) =>
  Math.floor(most * random()) * (Math.PI / 2) + (random() < 0.5 ? 0 : ofSize(-30, -10)(random))

const ranges: Readonly<Record<Name, Readonly<Record<string, (random: Random) => number>>>> = {
  exp: {
    "a softmax's": between(-45, 0),
    "all that give at least 2⁻³⁰⁰": between(-207, 709),
    tiny: ofSize(-60, -1)
  },
  log: { "all sizes": positive(-300, 1023), "near 1": between(0.999, 1.001), "up to 1": between(0, 1) },
  log1p: {
    "0 to 1": between(0, 1),
    "near −1": between(-1, -0.9),
    "all sizes": positive(-60, 100),
    tiny: ofSize(-60, -1)
  },
  sin: {
    "a few turns": between(-20, 20),
    tiny: ofSize(-60, -1),
    "near quarters": nearQuarters(5e5),
    large: ofSize(19, 300)
  },
  cos: {
    "a few turns": between(-20, 20),
    tiny: ofSize(-60, -1),
    "near quarters": nearQuarters(5e5),
    large: ofSize(19, 300)
  },
  acos: {
    all: between(-1, 1),
    "near 1": between(0.999, 1),
    "near −1": between(-1, -0.999),
    tiny: ofSize(-60, -1)
  }
}

function errorOf(name: Name, x: number): number {
  const value = functions[name](x)
  const at = fixed(x)
  return name === "acos" ? inUlps(value, acosError(at, fixed(value))) : ulps(value, references[name](at))
}

describe("within 1 ulp", () => {
  for (const [name, kinds] of Object.entries(ranges) as Array<[Name, (typeof ranges)[Name]]>)
    for (const [kind, draw] of Object.entries(kinds))
      it(`${name}, ${kind}`, () => {
        const random = seededRandom("elementary", name, kind)
        let worst = { x: NaN, error: -1 }
        for (let i = 0; i < 400; i++) {
          const x = draw(random)
          const error = errorOf(name, x)
          if (!(error <= worst.error)) worst = { x, error }
        }
        expect(worst.error, `at ${worst.x}`).toBeLessThan(1)
      })
})

/** Every bit of a list of numbers counts. */
const digest = (values: ReadonlyArray<number>) =>
  createHash("sha256")
    .update(new Uint8Array(Float64Array.from(values).buffer))
    .digest("hex")
    .slice(0, 16)

it("gives the same bits as ever, on every version of Node", () => {
  const found = Object.fromEntries(
    (Object.keys(ranges) as Array<Name>).map((name) => {
      const random = seededRandom("elementary bits", name)
      const draws = Object.values(ranges[name])
      return [
        name,
        digest(Array.from({ length: 20_000 }, (_, i) => functions[name](draws[i % draws.length]!(random))))
      ]
    })
  )
  const random = seededRandom("elementary bits", "normal")
  expect({ ...found, normal: digest(Array.from({ length: 20_000 }, () => normal(random))) }).toEqual({
    exp: "9768b400fdebd2b8",
    log: "12af9064205d3c80",
    log1p: "b019abcf5de97ff5",
    sin: "2af34753ba6ad8d1",
    cos: "ec7d24f545a326f7",
    acos: "d4fd03e31cfee16e",
    normal: "8b837dba93f4a166"
  })
})

it.each([
  ["exp", -1, 0.36787944117144233],
  ["exp", 1, Math.E],
  ["exp", -700.25, 7.678723813110872e-305],
  ["log", 10, Math.LN10],
  ["log", 0.1, -2.3025850929940455],
  ["log1p", 1e-10, 9.999999999500001e-11],
  ["log1p", 0.5, 0.4054651081081644],
  ["sin", 3, 0.1411200080598672],
  ["cos", 3, -0.9899924966004454],
  ["cos", 1e22, 0.523214785395139],
  ["acos", 0.61, 0.914735735869974],
  ["acos", -0.3, 1.8754889808102941]
] as const)("%s(%d) is %d", (name, x, value) => {
  expect(functions[name](x)).toBe(value)
})

it("knows the ends of the number line", () => {
  expect([0, -0, Infinity, -Infinity, 709.79, -745.14, -745, NaN].map(exp)).toEqual([
    1,
    1,
    Infinity,
    0,
    Infinity,
    0,
    5e-324,
    NaN
  ])
  expect([1, 0, -0, -1, Infinity, 5e-324, NaN].map(log)).toEqual([
    0,
    -Infinity,
    -Infinity,
    NaN,
    Infinity,
    -744.4400719213812,
    NaN
  ])
  expect([0, -0, -1, -2, Infinity, 1e308, NaN].map(log1p)).toEqual([
    0,
    -0,
    -Infinity,
    NaN,
    Infinity,
    709.1962086421661,
    NaN
  ])
  expect([0, -0, Infinity, -Infinity, NaN].map(sin)).toEqual([0, -0, NaN, NaN, NaN])
  expect([0, -0, Infinity, -Infinity, NaN].map(cos)).toEqual([1, 1, NaN, NaN, NaN])
  expect([1, -1, 0, 1.1, -1.1, NaN].map(acos)).toEqual([0, Math.PI, Math.PI / 2, NaN, NaN, NaN])
})
