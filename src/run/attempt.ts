/**
 * Turns plain functions into effects: a thrown `Problem` becomes the effect's failure, anything else a
 * defect.
 */
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

/**
 * The same for a function that may return a promise. Interrupting the effect aborts the signal and does not
 * wait.
 */
export const attemptAsync = <A>(act: (signal: AbortSignal) => A | Promise<A>): Effect.Effect<A, Problem> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    return Effect.flatMap(
      attempt(() => act(controller.signal)),
      (given) =>
        given instanceof Promise
          ? Effect.onInterrupt(settled(given), () => Effect.sync(() => controller.abort()))
          : Effect.succeed(given)
    )
  })

const settled = <A>(promise: Promise<A>): Effect.Effect<A, Problem> =>
  Effect.tryPromise({
    try: () => promise,
    catch: (error) => {
      if (isProblem(error)) return error
      throw error
    }
  })
