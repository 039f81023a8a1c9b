import { expect, it } from "vitest"
import { bytes, count, counted, duration, rate, statistic } from "../../../src/support/numbers.ts"

it("sets thousands apart", () => {
  expect([0, 999, 1000, 14916, 1234567].map(count)).toEqual(["0", "999", "1,000", "14,916", "1,234,567"])
  expect([counted(1, "item"), counted(2000, "item")]).toEqual(["1 item", "2,000 items"])
})

it("gives sizes in decimal units, three digits at most", () => {
  expect([0, 999, 1000, 9950, 99_949, 99_950, 999_499, 999_500, 3.4e12].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "9.9 kB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.0 MB",
    "3.4 TB"
  ])
})

it("gives durations without 60 seconds or 60 minutes", () => {
  expect([0, 0.994, 0.995, 9.94, 9.95, 59.4, 59.5, 125, 3599.4, 3599.6, 3780, 7199].map(duration)).toEqual([
    "0.00 s",
    "0.99 s",
    "1.0 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
    "59 min 59 s",
    "1 h 00 min",
    "1 h 03 min",
    "2 h 00 min"
  ])
})

it("gives rates and statistics to a few digits", () => {
  expect([0.416, 9.94, 12.4, 1203.6].map(rate)).toEqual(["0.42/s", "9.9/s", "12/s", "1,204/s"])
  expect([0, -3, 0.123456, 12345.678, 1e-7, 1.5e9, 12345678901, NaN, -Infinity].map(statistic)).toEqual([
    "0",
    "-3",
    "0.1235",
    "12350",
    "1.000e-7",
    "1500000000",
    "12345678901",
    "NaN",
    "-Infinity"
  ])
})
