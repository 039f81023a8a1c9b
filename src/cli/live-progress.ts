/** Live lines on a terminal, drawn by cli-progress, which is loaded when the first node starts. */
import type { MultiBar, SingleBar } from "cli-progress"
import type { RunEvent } from "../run/events.ts"
import { type NodeProgress, progressLine } from "./node-progress.ts"
import { clipped } from "../support/plain-text.ts"

export class LiveProgress {
  readonly #stream: NodeJS.WriteStream
  readonly #now: () => number
  readonly #running = new Map<string, { readonly progress: NodeProgress; bar: SingleBar | null }>()
  #bars: MultiBar | null = null
  #loading = false
  #stopped = false
  #nameWidth = 0
  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  emit(event: RunEvent): void {
    if (this.#stopped) return
    switch (event.type) {
      case "node-started": {
        const progress = { node: event.node, started: this.#now(), done: 0, total: event.items }
        this.#nameWidth = Math.max(this.#nameWidth, event.node.length)
        this.#running.set(event.node, { progress, bar: null })
        this.#draw()
        if (!this.#loading) void this.#load()
        break
      }
      case "node-progress": {
        const running = this.#running.get(event.node)
        if (running === undefined) break
        running.progress.done = event.done
        running.progress.total = event.total
        break
      }
      case "node-finished": {
        const running = this.#running.get(event.record.id)
        this.#running.delete(event.record.id)
        if (running?.bar != null) this.#bars?.remove(running.bar)
        break
      }
      case "run-finished":
        this.stop()
        break
      default:
    }
  }

  /** Writes lines above the live lines. */
  above(text: string): void {
    if (this.#bars?.isActive === true) this.#bars.log(`${text}\n`)
    else this.#stream.write(`${text}\n`)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#bars?.isActive !== true) return
    this.#bars.update() // flushes the last logged lines
    this.#bars.stop()
  }

  async #load(): Promise<void> {
    this.#loading = true
    const { default: library } = await import("cli-progress")
    if (this.#stopped) return
    this.#bars = new library.MultiBar({
      stream: this.#stream,
      // its own SIGINT handler would end the process before the run has cleaned up
      gracefulExit: false,
      clearOnComplete: true,
      hideCursor: true,
      forceRedraw: true,
      format: (_options, _params, { progress }: { progress: NodeProgress }) =>
        clipped(progressLine(progress, this.#now(), this.#nameWidth), (this.#stream.columns || 80) - 1)
    })
    this.#draw()
  }

  #draw(): void {
    if (this.#bars === null) return
    for (const running of this.#running.values())
      running.bar ??= this.#bars.create(1, 0, { progress: running.progress })
  }
}
