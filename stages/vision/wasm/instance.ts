/** Brings a module to life. Its interface to JavaScript: https://webassembly.github.io/spec/js-api/ */

export interface Memory {
  /** replaced when the memory grows: views of the old one are empty then */
  readonly buffer: ArrayBuffer
  /** @throws {RangeError} there is no room for as many pages of 64 KiB more */
  grow(pages: number): number
}

/** TypeScript declares it only beside a browser's other names, which this project must not know. */
interface Library {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** What the module exports: a function for each of its own, and `memory`. */
export function instantiate<Exports extends { readonly memory: Memory }>(bytes: Uint8Array): Exports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Library }).WebAssembly
  return new Instance(new Module(bytes)).exports as Exports
}
