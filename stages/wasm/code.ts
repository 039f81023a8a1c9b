/**
 * Builds a WebAssembly module byte by byte: as much of the format as the kernels need.
 *
 * Expressions are folded, as in the text format: an operator takes the code of its operands. Source: the binary
 * format, https://webassembly.github.io/spec/core/binary/ (instructions, modules). Every supported Node has its
 * 128-bit vector instructions.
 */

/** Bytes of instructions. */
export type Code = ReadonlyArray<number>

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  const bytes: Array<number> = []
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** Signed LEB128: bit 64 of the last byte is the sign. */
function signed(value: number): Code {
  const bytes: Array<number> = []
  for (let rest = value | 0; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** The operands' code, followed by the instruction. */
export const instruction =
  (...bytes: Code) =>
  (...operands: ReadonlyArray<Code>): Code => [...operands.flat(), ...bytes]
export const vectorPrefix = 0xfd
export const vector = (number: number) => instruction(vectorPrefix, ...unsigned(number))
/** Declares no alignment (2⁰ bytes), and no offset to the address. */
const inMemory = (number: number, lane: Code = []) =>
  instruction(vectorPrefix, ...unsigned(number), 0, 0, ...lane)

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 0, ...unsigned(offset)],
  plus: instruction(0x6a),
  minus: instruction(0x6b),
  times: instruction(0x6c),
  ltU: instruction(0x49)
}
export const v128 = {
  load: inMemory(0),
  /** 4 bytes, four times */
  load32Splat: inMemory(9),
  store: inMemory(11),
  /** (address, vector): the first two bytes, and the third */
  store16First: inMemory(89, [0]),
  store8Third: inMemory(88, [2]),
  /** 4 bytes, followed by zeros */
  load32Zero: inMemory(92)
}
/** The lower half of a vector's lanes, or the upper, as unsigned numbers twice as wide. */
export const extend = {
  low8: vector(137),
  high8: vector(138),
  low16: vector(169),
  high16: vector(170)
}
/** Narrows the signed numbers of two vectors to half the width, with saturation. */
export const narrow = { to16: vector(133), toUnsigned8: vector(102) }
export const i32x4 = {
  splat: vector(17),
  shl: vector(171),
  shrS: vector(172),
  plus: vector(174),
  times: vector(181)
}
const [loop, noResult, branchIf, end] = [0x03, 0x40, 0x0d, 0x0b]
/** Runs the body once, then repeats it while the condition is not 0. */
export const doWhile = (body: ReadonlyArray<Code>, condition: Code): Code => [
  loop,
  noResult,
  ...body.flat(),
  ...condition,
  branchIf,
  0,
  end
]

/** A parameter or variable of a function. */
export interface Local {
  readonly get: Code
  readonly set: (value: Code) => Code
}
const local = (index: number): Local => ({
  get: [0x20, ...unsigned(index)],
  set: (value) => [...value, 0x21, ...unsigned(index)]
})

const types = { i32: 0x7f, v128: 0x7b } as const
export interface Func {
  readonly name: string
  readonly params: number
  readonly code: Code
}

/** A function of i32 parameters without a result; its locals by name. */
export function func<P extends string, L extends string>(
  name: string,
  params: ReadonlyArray<P>,
  variables: Readonly<Record<L, keyof typeof types>>,
  body: (locals: Readonly<Record<P | L, Local>>) => ReadonlyArray<Code>
): Func {
  const declared = Object.entries<keyof typeof types>(variables)
  const names = [...params, ...declared.map(([variable]) => variable)]
  const locals = Object.fromEntries(names.map((one, i) => [one, local(i)])) as Record<P | L, Local>
  const runs = declared.map(([, type]) => [1, types[type]])
  return { name, params: params.length, code: [...list(runs), ...body(locals).flat(), end] }
}

const list = (items: ReadonlyArray<Code>): Code => [...unsigned(items.length), ...items.flat()]
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const text = (value: string): Code => sized([...Buffer.from(value)])

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const section = (id: number, items: ReadonlyArray<Code>): Code => [id, ...sized(list(items))]
const sections = { types: 1, functions: 3, memories: 5, exports: 7, code: 10 }
const [functionType, functionExport, memoryExport] = [0x60, 0x00, 0x02]

/** A module that exports its functions, and its memory as `memory`: one page at first, without a limit. */
export function moduleBytes(functions: ReadonlyArray<Func>): Uint8Array {
  const signatures = functions.map(({ params }) => [
    functionType,
    ...list(Array.from({ length: params }, () => [types.i32])),
    0
  ])
  const indices = functions.map((_, i) => unsigned(i))
  const exported = functions.map(({ name }, i) => [...text(name), functionExport, ...unsigned(i)])
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(sections.types, signatures),
    ...section(sections.functions, indices),
    ...section(sections.memories, [[0, 1]]),
    ...section(sections.exports, [[...text("memory"), memoryExport, 0], ...exported]),
    ...section(
      sections.code,
      functions.map(({ code }) => sized(code))
    )
  ])
}
