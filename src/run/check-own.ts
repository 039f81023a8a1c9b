/**
 * What can be wrong with a node before its inputs are known: a file that is missing, an encoder that is none.
 *
 * It is looked at before anything is computed: nobody wants to hear of it at the end of a night.
 */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import { failsAlone, ownPreimage, type Planning } from "../plan/plan.ts"
import type { RunOptions } from "./run-options.ts"

/**
 * Fails as planning one of these nodes would. What `identity` answers is kept, so a node's turn asks it no second time.
 * What is not on this machine is brought here in its node's turn, and not now.
 */
export const checkOwn = (
  nodes: ReadonlyArray<GraphNode>,
  { planning, keepGoing }: Pick<RunOptions, "planning" | "keepGoing">
): Effect.Effect<void, Problem> => {
  const { fetching: _, ...looking } = planning satisfies Planning
  return Effect.forEach(
    nodes,
    (node) =>
      ownPreimage(node, looking).pipe(
        Effect.catchTag("NotHere", () => Effect.void),
        Effect.catch((problem: Problem) =>
          failsAlone(problem, keepGoing) ? Effect.void : Effect.fail(problem)
        )
      ),
    { discard: true }
  )
}
