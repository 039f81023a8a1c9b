/**
 * A caption as ids of the quickstart's words: lower case, cut at blanks and around punctuation, `<start>` … `<end>`,
 * then `<pad>`. Source: tokenizers' pre_tokenizers.Whitespace, which is the pattern \w+|[^\w\s]+.
 */
export function encodeCaption(
  caption: string,
  vocabulary: Readonly<Record<string, number>>,
  length: number
): ReadonlyArray<number> {
  const words = caption.toLowerCase().match(/\w+|[^\w\s]+/g) ?? []
  const ids = ["<start>", ...words, "<end>"].map((word) => vocabulary[word] ?? vocabulary["<unk>"]!)
  return [...ids, ...Array.from({ length: length - ids.length }, () => vocabulary["<pad>"]!)]
}
