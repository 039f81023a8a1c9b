/**
 * Decompresses Snappy by hyparquet's decoder, once it is sure that the decoder ends.
 *
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 */
import { snappyUncompress } from "hyparquet"

/** @throws Error where the bytes are damaged, or are not `length` bytes compressed */
export function unsnappy(input: Uint8Array, length: number): Uint8Array {
  refuseLongLiterals(input)
  const output = new Uint8Array(length)
  snappyUncompress(input, output)
  return output
}

/**
 * hyparquet 1.31 takes a literal's length for a signed number of 32 bits: where that is negative, its decoder goes back,
 * and meets the same literal again for ever.
 */
function refuseLongLiterals(input: Uint8Array): void {
  let at = 0
  // the length of all, in 7 bits a byte
  while (at < input.length && input[at++]! >= 128);
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    // copies of what is there already: with 1, 2 or 4 bytes that say how far back
    if (kind > 0) at += kind === 3 ? 4 : kind
    else {
      const short = tag >> 2
      const bytes = Math.max(0, short - 59)
      let literal = bytes === 0 ? short : 0
      for (let i = bytes - 1; i >= 0; i--) literal = literal * 256 + (input[at + i] ?? 0)
      at += bytes + literal + 1
      if (at > input.length) throw new Error("a literal is longer than its page")
    }
  }
}
