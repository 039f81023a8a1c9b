/** The nodes of a run that are fresh, and all above them: they wait for nobody and need no fiber. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../support/problem.ts"
import { type KnownArtifact, planFresh, type Planning } from "../plan/plan.ts"
import { cached, type Outcome } from "./outcome.ts"
import type { Views } from "./views.ts"

/** Nodes between which others get their turn: a signal, above all. */
const turn = 512

/**
 * With their views in the run's folder. What is incomplete is left to the ordinary way, which knows who may go on from
 * there.
 */
export const freshNodes = (
  nodes: ReadonlyArray<GraphNode>,
  planning: Planning,
  views: Views
): Effect.Effect<ReadonlyMap<string, Outcome>, Problem> =>
  Effect.gen(function* () {
    const fresh = new Map<string, Outcome>()
    const artifacts = new Map<string, KnownArtifact>()
    planning.store.freshIndex.begin()
    for (const [i, node] of nodes.entries()) {
      if (i % turn === turn - 1) yield* Effect.yieldNow
      const planned = planFresh(node, artifacts, planning)
      if (planned === null || planned.known.incomplete) continue
      artifacts.set(node.id, planned.known)
      fresh.set(node.id, cached(planned))
    }
    if (fresh.size === nodes.length && views.show(planning.store, artifacts)) return fresh
    let i = 0
    for (const [id, { manifest }] of artifacts) {
      if (i++ % turn === turn - 1) yield* Effect.yieldNow
      yield* views.publish(planning.store, id, manifest)
    }
    return fresh
  })
