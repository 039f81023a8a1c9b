/**
 * Decompresses Snappy with hyparquet's decoder, after a check that the decoder will terminate.
 *
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 */
import { snappyUncompress } from "hyparquet"

/** @throws Error if the bytes are damaged, or do not decompress to `length` bytes */
export function unsnappy(input: Uint8Array, length: number): Uint8Array {
  refuseLongLiterals(input)
  const output = new Uint8Array(length)
  snappyUncompress(input, output)
  return output
}

/**
 * hyparquet 1.31 treats a literal's length as a signed 32-bit number: if it is negative, the decoder moves
 * backwards and reads the same literal forever.
 */
function refuseLongLiterals(input: Uint8Array): void {
  let at = 0
  // the total length, 7 bits per byte
  while (at < input.length && input[at++]! >= 128);
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    // copies of earlier output: an offset of 1, 2 or 4 bytes follows
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
