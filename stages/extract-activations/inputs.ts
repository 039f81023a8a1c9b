/**
 * Turns images into an encoder's inputs. `open` reads the file and its header first, so that decoding, on libuv's
 * threads, can start before the runtime blocks this one.
 */
import { type Failed, failed, type FileHandle } from "../../src/index.ts"
import { openImage, type OpenedImage } from "../vision/image.ts"
import { preprocessInto } from "../vision/preprocess.ts"
import type { Preprocessing } from "../vision/preprocessing.ts"
/** Pixels decoded at a time, 48 MiB of RGB; a larger image is decoded alone. */
const decodedPixels = 2 ** 24

export class InputReader {
  readonly #preprocessing: Preprocessing
  readonly #values: number
  readonly #room = new MemoryBudget(decodedPixels)
  /** @param size height and width of the encoder's input */
  constructor(preprocessing: Preprocessing, size: { readonly height: number; readonly width: number }) {
    this.#preprocessing = preprocessing
    this.#values = 3 * size.height * size.width
  }

  /** Reads the file and its header. An unreadable image fails only its item. */
  async open(file: FileHandle): Promise<OpenedImage | Failed> {
    try {
      return await openImage(await file.bytes())
    } catch (error) {
      return failed((error as Error).message)
    }
  }

  /** Decodes and preprocesses: [3, H, W], or the failure. */
  async input(image: OpenedImage | Failed): Promise<Float32Array | Failed> {
    if ("failed" in image) return image
    try {
      return await this.#room.with(image.height * image.width, async () => {
        const input = new Float32Array(this.#values)
        preprocessInto(await image.decode(this.#preprocessing.alpha), this.#preprocessing, input, 0)
        return input
      })
    } catch (error) {
      return failed((error as Error).message)
    }
  }
}

/** Limits the amount in use at a time; further requests wait in order. */
export class MemoryBudget {
  readonly #size: number
  #taken = 0
  readonly #waiting: Array<() => void> = []
  constructor(size: number) {
    this.#size = size
  }

  /**
   * Waits until `amount` fits, or until everything is free if it is larger than the limit, then calls `use`; releases
   * it when `use` ends.
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
