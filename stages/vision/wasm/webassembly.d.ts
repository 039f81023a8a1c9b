// What is used here of WebAssembly's JavaScript interface (https://webassembly.github.io/spec/js-api/): TypeScript
// declares it in its library for browsers alone, whose other names must not be known to this project.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module)
    readonly exports: Readonly<Record<string, unknown>>
  }
  interface Memory {
    /** replaced when the memory grows: views on the old one are empty then */
    readonly buffer: ArrayBuffer
    /** @throws RangeError when there is no room for as many pages of 64 KiB */
    grow(pages: number): number
  }
}
