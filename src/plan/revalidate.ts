/** Whether the files that a node's parameters name are as they were when the node was planned. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { Problem } from "../support/problem.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Preimage } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import type { Planning } from "./planning.ts"

/**
 * Fails with InputChanged where they are not: what was computed may be of either, and is stored under neither.
 *
 * A source writes down what it reads, and file columns are checked as they are read: this is for the encoder that is
 * exported anew while a run is at it.
 */
export const revalidate = (
  node: GraphNode,
  planned: Preimage,
  { codeOf, outside, identities }: Planning
): Effect.Effect<void, Problem> =>
  Effect.suspend(() => {
    const same = ({ params, environment }: Pick<Preimage, "params" | "environment">) =>
      digestJson({ params, environment }) ===
      digestJson({ params: planned.params, environment: planned.environment })
    try {
      const now = knownParams(node, codeOf(node.stage).digest, outside, identities)
      if (now !== null && same(now)) return Effect.void
    } catch {
      // a file is gone
    }
    return Effect.fail(
      new Problem("InputChanged", `node "${node.id}": a file that it reads was changed while it ran`, {
        field: node.id,
        hint: "run again: what was finished before the change is kept"
      })
    )
  })
