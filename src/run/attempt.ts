/** Plain functions as effects: a `Problem` that they throw is the effect's failure, anything else a defect. */
import * as Effect from "effect/Effect"
import { isProblem, type Problem } from "../support/problem.ts"

export const attempt = <A>(act: () => A): Effect.Effect<A, Problem> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(act())
    } catch (error) {
      return isProblem(error) ? Effect.fail(error) : Effect.die(error)
    }
  })

/** Interrupting the effect aborts the signal, and waits for nothing. */
export const attemptAsync = <A>(act: (signal: AbortSignal) => PromiseLike<A>): Effect.Effect<A, Problem> =>
  Effect.tryPromise({
    try: act,
    catch: (error) => {
      if (isProblem(error)) return error
      throw error
    }
  })
