// What is used here of WebAssembly's JavaScript interface (https://webassembly.github.io/spec/js-api/): TypeScript
// declares it only beside a browser's other names, which this project must not know.
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  interface Memory {
    /** replaced when the memory grows: views of the old one are empty then */
    readonly buffer: ArrayBuffer
    /** @throws RangeError when there is no room for as many pages of 64 KiB more */
    grow(pages: number): number
  }
  const Module: new (bytes: Uint8Array) => Module
  const Instance: new (module: Module) => Instance
}
