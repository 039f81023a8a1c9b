/**
 * Writes WebAssembly modules of one function, as much of the format as the kernels beside it need.
 *
 * Sources: https://webassembly.github.io/spec/core/binary/ and https://webassembly.github.io/spec/js-api/. Every supported
 * Node has the vector instructions.
 */
export type Instructions = ReadonlyArray<number>

export const types = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const
type Type = keyof typeof types

/** LEB128; of the numbers used here, none negative nor of a length whose sign bit is set, signed and unsigned are the same. */
const leb = (value: number): Instructions =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]
const vector = (instruction: number): Instructions => [0xfd, ...leb(instruction)]

export const get = (local: number): Instructions => [0x20, local]
export const set = (local: number, value: Instructions): Instructions => [...value, 0x21, local]
/** Adds a number of bytes, a multiple of 128 or below 64, to an address. */
export const addBytes = (local: number, bytes: number): Instructions =>
  set(local, [...get(local), 0x41, ...leb(bytes), 0x6a])
export const load = (address: number, offset: number): Instructions => [
  ...get(address),
  ...vector(0),
  0,
  ...leb(offset)
]
export const load64Splat = (address: number, offset: number): Instructions => [
  ...get(address),
  ...vector(10),
  0,
  ...leb(offset)
]
export const store = (address: number, offset: number, value: Instructions): Instructions => [
  ...get(address),
  ...value,
  ...vector(11),
  0,
  ...leb(offset)
]
export const zero: Instructions = [...vector(12), ...Array.from({ length: 16 }, () => 0)]
/** Two lanes of float64. */
export const twoLanes = {
  splat: (value: Instructions): Instructions => [...value, ...vector(20)],
  lane: (value: Instructions, lane: 0 | 1): Instructions => [...value, ...vector(33), lane],
  plus: (a: Instructions, b: Instructions): Instructions => [...a, ...b, ...vector(240)],
  times: (a: Instructions, b: Instructions): Instructions => [...a, ...b, ...vector(242)]
}
export const f64Plus = (a: Instructions, b: Instructions): Instructions => [...a, ...b, 0xa0]
const [loop, noResult, lessUnsigned, branchIf, end] = [0x03, 0x40, 0x49, 0x0d, 0x0b]
/** Runs the body once, and again while address `a` is below `b`. */
export const repeatWhile = (body: Instructions, a: number, b: number): Instructions =>
  [loop, noResult, body, get(a), get(b), lessUnsigned, branchIf, 0, end].flat()

const text = (value: string): Instructions => [value.length, ...Buffer.from(value)]
const section = (id: number, bytes: Instructions): Instructions => [id, ...leb(bytes.length), ...bytes]
const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

export interface KernelMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
/** TypeScript declares this only together with browser globals, which this project must not use. */
interface Library {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { readonly initial: number }) => KernelMemory
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}
const library = () => (globalThis as unknown as { readonly WebAssembly: Library }).WebAssembly

const pageBytes = 2 ** 16
export const newMemory = (): KernelMemory => new (library().Memory)({ initial: 1 })
/** Grows the memory to at least so many bytes; views of it from before are empty then. */
export function ensureBytes(memory: KernelMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
}

/** Makes a function that works on `memory`. `variables`: its locals after the parameters. */
export function compiled<F>(
  memory: KernelMemory,
  params: ReadonlyArray<Type>,
  result: Type | null,
  variables: ReadonlyArray<Type>,
  body: Instructions
): F {
  const kinds = (some: ReadonlyArray<Type>) => some.map((type) => types[type])
  const code = [variables.length, ...variables.flatMap((type) => [1, types[type]]), ...body, end]
  const bytes = Uint8Array.from([
    ...magicAndVersion,
    ...section(1, [
      1,
      0x60,
      params.length,
      ...kinds(params),
      ...(result === null ? [0] : [1, types[result]])
    ]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("f"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code])
  ])
  const { Module, Instance } = library()
  return new Instance(new Module(bytes), { m: { m: memory } }).exports["f"] as F
}
