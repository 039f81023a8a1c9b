/** Room for so much at a time: who finds it taken waits, in order. */
export class Room {
  readonly #size: number
  #taken = 0
  readonly #waiting: Array<() => void> = []
  constructor(size: number) {
    this.#size = size
  }

  /**
   * Waits until `amount` fits, or everything is free (what is larger than the room gets it alone), and calls `use`
   * with it; it is free again when `use` has ended.
   */
  async with<A>(amount: number, use: () => Promise<A>): Promise<A> {
    while (this.#taken > 0 && this.#taken + amount > this.#size)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#taken += amount
    try {
      return await use()
    } finally {
      this.#taken -= amount
      for (const wake of this.#waiting.splice(0)) wake()
    }
  }
}
