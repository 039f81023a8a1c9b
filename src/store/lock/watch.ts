/**
 * For how long something has not changed, as seen by one's own clock.
 *
 * Clocks of two hosts are never compared. Time in which nobody looked (this process was stopped, the machine slept,
 * the clock was set) counts for little, since a change in it may not be visible yet.
 */
const mostBetweenLooks = 1000

export class Watch {
  #mark: string | null = null
  #silent = 0
  #looked = 0

  /** Milliseconds for which `mark` has been the same; `now` in milliseconds since 1970. */
  silence(mark: string, now: number): number {
    if (mark === this.#mark) this.#silent += Math.min(Math.max(now - this.#looked, 0), mostBetweenLooks)
    else [this.#mark, this.#silent] = [mark, 0]
    this.#looked = now
    return this.#silent
  }
}
