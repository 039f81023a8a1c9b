import { describe, expect, it } from "vitest"
import { chooseTaps } from "../../../stages/onnx/tap.ts"

const taps = [
  "embed",
  ...Array.from({ length: 12 }, (_, i) => [`block.${i}.resid_mid`, `block.${i}.resid_post`]).flat(),
  "final.norm"
].map((name) => ({ name, tensor: `t/${name}` }))
const names = (patterns: string) => chooseTaps(taps, patterns).map(({ name }) => name)

describe("chooseTaps", () => {
  it("takes names, lists and stars, in the encoder's order and once each", () => {
    expect(names("final.norm, embed,embed")).toEqual(["embed", "final.norm"])
    expect(names("block.{11,1}.resid_post")).toEqual(["block.1.resid_post", "block.11.resid_post"])
    expect(names("block.*.resid_post")).toHaveLength(12)
    expect(names("block.1.*")).toEqual(["block.1.resid_mid", "block.1.resid_post"])
    expect(names("{embed,final.norm}")).toEqual(["embed", "final.norm"])
  })
  it("does not take a dot for any character, nor a part for the whole", () => {
    expect(() => names("block.1.resid")).toThrow('no tap matches "block.1.resid"')
    expect(() => names("finalxnorm")).toThrow("the taps are embed, block.0.resid_mid")
    expect(() => names("block.{12}.resid_post")).toThrow("no tap matches")
    // one of a list that is not there is not left out in silence
    expect(() => names("block.{1,12}.resid_post")).toThrow('no tap matches "block.12.resid_post"')
    expect(() => names("block.(")).toThrow("no tap matches")
  })
  it("refuses to choose nothing", () => {
    expect(() => names(" , ")).toThrow("no taps are chosen")
  })
  it("passes tensors by name on", () => {
    expect(chooseTaps(taps, "tensor:/model/Add_1,embed")).toEqual([
      { name: "embed", tensor: "t/embed" },
      { name: "tensor:/model/Add_1", tensor: "/model/Add_1" }
    ])
  })
})
