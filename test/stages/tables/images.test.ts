import { expect, it } from "vitest"
import { imagesOf } from "../../../stages/tables/images.ts"

it("names an image by the first of its scenes, whatever their order", () => {
  expect(imagesOf(["b", "a", "c", "b"], ["x", "x", "y", "x"])).toEqual(["a", "a", "c", "a"])
  expect(imagesOf(["a", "c", "b"], ["x", "y", "x"])).toEqual(["a", "c", "a"])
})

it("goes by code point, as the order of ids does elsewhere", () => {
  expect(imagesOf(["😀", "～"], ["x", "x"])).toEqual(["～", "～"])
})

it("names a scene's image by the scene, where it is the only one", () => {
  expect(imagesOf(["1", "2"], ["x", "y"])).toEqual(["1", "2"])
})

it("refuses a scene of two groups", () => {
  expect(() => imagesOf(["a", "a"], ["x", "y"])).toThrow(
    'scene a has two image groups, "x" and "y": a scene shows one image'
  )
})
