/** The views of one run: its own, or where nothing has changed and there are many, those of an earlier run. */
import { setImmediate as nextTurn } from "node:timers/promises"
import { eachInTurn } from "../support/each-in-turn.ts"
import type { KnownArtifact } from "../plan/planning.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import { clearViews, noteViews, sharedFrom, showDigest, showViews } from "../store/runs/shared-views.ts"
import type { Store } from "../store/store.ts"
import { publishView } from "../store/runs/view.ts"

/** Views after which others get their turn: a signal, above all. */
const turn = 512

export class Views {
  readonly #run: string
  /** those that are there */
  readonly #folders = new Set<string>()
  #of: string | null = null
  constructor(run: string) {
    this.#run = run
  }

  /** The run whose views these are; null where they are its own. */
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

  /** Takes all views away: of what was found at first, some may be gone, and will be something else. */
  clear(store: Store): void {
    clearViews(store, this.#run)
    this.#folders.clear()
    this.#of = null
  }

  /** Shows all artifacts of a run as an earlier run does. False where they have to be published. */
  show(store: Store, artifacts: ReadonlyMap<string, KnownArtifact>): boolean {
    this.#of = artifacts.size < sharedFrom ? null : showViews(store, this.#run, shownOf(artifacts))
    return this.#of !== null
  }

  /** For runs to come: this one, which is over, has views of all its nodes. */
  note(store: Store, nodes: ReadonlyArray<NodeRecord>): void {
    if (this.#of !== null || nodes.length < sharedFrom) return
    if (nodes.every(({ artifact }) => artifact !== null))
      noteViews(store, this.#run, showDigest(nodes.map(({ id, artifact }) => [id, artifact!])))
  }
}

/** In the order of the nodes, as records are. */
const shownOf = (artifacts: ReadonlyMap<string, KnownArtifact>) =>
  showDigest([...artifacts].map(([id, { manifest }]) => [id, manifest.digest]))
