import * as fc from "fast-check"
import { expect, it } from "vitest"
import { digestJson } from "../../../../src/store/format/canonical-json.ts"
import {
  type InputPreimage,
  keyOf,
  type Preimage,
  sharedKeyOf
} from "../../../../src/store/records/preimage.ts"

const digest = fc.stringMatching(/^[0-9a-f]{64}$/)
const name = fc.string({ minLength: 1, maxLength: 4, unit: "binary" }).filter((one) => one !== "__proto__")
const input: fc.Arbitrary<InputPreimage> = fc.record({
  node: name,
  ids: fc.option(digest),
  columns: fc.dictionary(name, digest, { maxKeys: 3 }),
  failed: fc.array(name, { maxLength: 2 })
})
const preimage: fc.Arbitrary<Preimage> = fc.record({
  format: fc.constant(1 as const),
  stage: name,
  code: fc.record({ digest, modules: fc.constant({}), packages: fc.constant({}) }),
  params: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  environment: fc.jsonValue({ maxDepth: 1 }),
  output: fc.record({
    form: fc.constantFrom("table" as const, "row per item" as const),
    columns: fc.constantFrom({}, { b: { type: "utf8" }, a: { type: "list", detail: { type: "int32" } } }),
    label: fc.option(name)
  }) as fc.Arbitrary<Preimage["output"]>,
  inputs: fc.dictionary(name, fc.array(input, { maxLength: 2 }), { maxKeys: 3 })
})

it("a key is the digest of the canonical JSON of all that is not there to explain", () => {
  fc.assert(
    fc.property(preimage, (one) => {
      const { code, inputs, ...rest } = one
      const plain = {
        ...rest,
        code: code.digest,
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([port, of]) => [
            port,
            of.map(({ ids, columns, failed }) => ({ ids, columns, failed }))
          ])
        )
      }
      expect(keyOf(one)).toBe(digestJson(plain))
      const [port] = Object.keys(inputs)
      if (port === undefined) return
      const { [port]: _, ...others } = plain.inputs
      expect(sharedKeyOf(one, [port])).toBe(digestJson({ ...plain, inputs: others }))
      const connected = { ...others, [port]: [] }
      expect(sharedKeyOf(one, [port], [port])).toBe(digestJson({ ...plain, inputs: connected }))
    }),
    { seed: 7, numRuns: 300 }
  )
})
