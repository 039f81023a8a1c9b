/** Names of repositories, revisions and files: they become paths and addresses, so nothing may lead out of there. */
import { describe, expect, it } from "vitest"
import { checkHubModel } from "../../../stages/hub/reference.ts"
import { hub } from "../../../stages/vision/encoder.ts"

const model = { repo: "Xenova/clip-vit-base-patch16", revision: "main", file: null }

describe("a model on a hub", () => {
  it.each([
    {},
    { repo: "gpt2" },
    { revision: "refs/pr/1" },
    { revision: "v1.0" },
    { file: "onnx/model.onnx" },
    { repo: "a_b/c.d-e_f" }
  ])("may be %o", (more) => {
    expect(checkHubModel({ ...model, ...more })).toEqual({ ...model, ...more })
  })
  it.each([
    { repo: "" },
    { repo: "a/b/c" },
    { repo: "../b" },
    { repo: "a/.." },
    { repo: "a--b/c" },
    { repo: "https://huggingface.co/a/b" },
    { revision: "" },
    { revision: "../x" },
    { revision: "a//b" },
    { file: "/etc/passwd" },
    { file: "a/../../b.onnx" },
    { file: "C:\\x.onnx" },
    { repo: "a/b\n" },
    { repo: "a".repeat(97) },
    { revision: "." },
    { revision: "a/." },
    { revision: "a\nb" },
    { revision: "a".repeat(201) },
    { file: "a\0.onnx" },
    { file: "onnx/" },
    { file: "\ud800.onnx" },
    { file: `onnx/${"a".repeat(201)}` }
  ])("may not be %o", (more) => {
    expect(() => checkHubModel({ ...model, ...more })).toThrow(RangeError)
  })
  it("is named in a pipeline by hub(repository, …), which refuses a wrong name at once", () => {
    expect(hub("a/b")).toMatchObject({
      model: null,
      hub: { repo: "a/b", revision: "main", file: null },
      preset: null
    })
    expect(hub("a/b", { file: "m.onnx", revision: "v1", preset: "clip", prefix: 1 })).toMatchObject({
      hub: { repo: "a/b", revision: "v1", file: "m.onnx" },
      preset: "clip",
      prefix: 1
    })
    expect(() => hub("b c")).toThrow(/"b c" is not a repository: expected "organisation\/name"/)
  })
})
