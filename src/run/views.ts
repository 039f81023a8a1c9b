/** The views of one run: its own, or an earlier run's if there are many and nothing has changed. */
import { setImmediate as nextTurn } from "node:timers/promises"
import { eachInTurn } from "../support/each-in-turn.ts"
import type { KnownArtifact } from "../plan/planning.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import { clearViews, noteViews, sharedFrom, showDigest, showViews } from "../store/runs/shared-views.ts"
import type { Store } from "../store/store.ts"
import { publishView } from "../store/runs/view.ts"

/** Views published between two yields to the event loop, for signals above all. */
const turn = 512

export class Views {
  readonly #run: string
  /** existing folders */
  readonly #folders = new Set<string>()
  #of: string | null = null
  constructor(run: string) {
    this.#run = run
  }

  /** The run that has these views; null if they are this run's own. */
  get of(): string | null {
    return this.#of
  }

  publish(store: Store, node: string, manifest: Manifest): void | Promise<void> {
    return publishView(store, this.#run, node, manifest, this.#folders)
  }

  publishAll(
    store: Store,
    artifacts: ReadonlyMap<string, KnownArtifact>,
    signal: AbortSignal
  ): void | Promise<void> {
    return eachInTurn(artifacts, ([node, { manifest }], i) => {
      signal.throwIfAborted()
      const publish = () => this.publish(store, node, manifest)
      return i % turn === turn - 1 ? nextTurn().then(publish) : publish()
    })
  }

  /** Removes all views: some of the artifacts found at first may be gone, and will be replaced. */
  clear(store: Store): void {
    clearViews(store, this.#run)
    this.#folders.clear()
    this.#of = null
  }

  /** Shows all artifacts of a run through an earlier run's views. False if they have to be published. */
  show(store: Store, artifacts: ReadonlyMap<string, KnownArtifact>): boolean {
    this.#of = artifacts.size < sharedFrom ? null : showViews(store, this.#run, shownOf(artifacts))
    return this.#of !== null
  }

  /** Records, for later runs, that this finished run has views of all its nodes. */
  note(store: Store, nodes: ReadonlyArray<NodeRecord>): void {
    if (this.#of !== null || nodes.length < sharedFrom) return
    if (nodes.every(({ artifact }) => artifact !== null))
      noteViews(store, this.#run, showDigest(nodes.map(({ id, artifact }) => [id, artifact!])))
  }
}

/** In the order of the nodes, as records are. */
const shownOf = (artifacts: ReadonlyMap<string, KnownArtifact>) =>
  showDigest([...artifacts].map(([id, { manifest }]) => [id, manifest.digest]))
