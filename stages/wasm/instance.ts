/** Instantiates a WebAssembly module. JavaScript API: https://webassembly.github.io/spec/js-api/ */

export interface Memory {
  /** replaced when the memory grows; views of the old buffer become empty */
  readonly buffer: ArrayBuffer
  /** @throws {RangeError} there is no room for this many more pages of 64 KiB */
  grow(pages: number): number
}

/** TypeScript declares this only together with browser globals, which this project must not use. */
interface Library {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The module's exports: its functions, and `memory`. */
export function instantiate<Exports extends { readonly memory: Memory }>(bytes: Uint8Array): Exports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Library }).WebAssembly
  return new Instance(new Module(bytes)).exports as Exports
}
