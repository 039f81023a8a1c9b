/**
 * Orders texts by code point, as Python sorts them: JavaScript's `<` goes by UTF-16 code unit, in which a character
 * beyond U+FFFF stands before "～". (UTF-8 keeps the order of code points.)
 */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
