/** Times on the command line: `90s`, `30m`, `1h`, `2d`, `0`. */
import * as Effect from "effect/Effect"
import { type Problem, usage } from "../support/problem.ts"
const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds; fails with Usage. */
export function readDuration(option: string, text: string): Effect.Effect<number, Problem> {
  const found = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  if (text === "0") return Effect.succeed(0)
  return found === null
    ? Effect.fail(
        usage(
          `${option}: expected a time such as 90s, 30m, 1h or 2d, got "${text}"`,
          option,
          "0 is none at all"
        )
      )
    : Effect.succeed(Number(found[1]) * units[found[2] as keyof typeof units])
}
