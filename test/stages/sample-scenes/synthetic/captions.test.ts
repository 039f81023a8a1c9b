import { expect, test } from "vitest"
import { seededRandom } from "../../../../src/support/random.ts"
import { drawCaptions, place, relation } from "../../../../stages/sample-scenes/synthetic/captions.ts"
import { objectOf } from "../../../../stages/sample-scenes/synthetic/description.ts"
import { drawDescription } from "./draw.ts"

const size = { height: 96, width: 128 }
const drawn = Array.from({ length: 300 }, (_, i) => {
  const scene = drawDescription(seededRandom("caption", i), size)
  return { scene, captions: drawCaptions(seededRandom("words", i), scene) }
})

test("a scene has two different captions, and both name the main and the second object as whole words", () => {
  for (const { scene, captions } of drawn) {
    expect(new Set(captions).size).toBe(2)
    for (const caption of captions) {
      const words = caption.toLowerCase().split(/\W+/)
      expect(words).toContain(objectOf(scene, "main").category)
      expect(words).toContain(objectOf(scene, "second").category)
    }
  }
})

test("captions are sentences with the right articles", () => {
  for (const caption of drawn.flatMap(({ captions }) => captions)) {
    expect(caption).toMatch(/^[A-Z][a-z ,]+\.$/)
    expect(caption).not.toMatch(/ {2}|\ba [aeiou]|\ban [^aeiou]/i)
  }
})

test("colours, sizes and textures in a caption are those of the object that they stand before", () => {
  const phrase =
    /\b(?:(large|big|small) )?(?:(\w+) )?(?:(striped|dotted|checked) )?(disc|square|triangle|star|cross|ring)\b/g
  let [coloured, sized] = [0, 0]
  for (const { scene, captions } of drawn) {
    for (const [, extent, colour, texture, category] of captions.join(" ").matchAll(phrase)) {
      const object = scene.objects.find((candidate) => candidate.category === category)!
      if (colour !== undefined && !/^(an?|striped|dotted|checked|large|big|small)$/i.test(colour)) {
        coloured++
        expect(colour).toBe(object.colour)
      }
      if (texture !== undefined) expect(texture).toBe(object.texture)
      if (extent !== undefined) {
        sized++
        if (extent === "small") expect(object.size).toBeLessThanOrEqual(0.13 * 96)
        else expect(object.size).toBeGreaterThanOrEqual(0.2 * 96)
      }
    }
  }
  expect(coloured).toBeGreaterThan(900)
  expect(sized).toBeGreaterThan(300)
})

test("wordings vary", () => {
  const frames = drawn.flatMap(({ captions }) =>
    captions.map((caption) => caption.split(" ").slice(0, 2).join(" "))
  )
  expect(new Set(frames).size).toBeGreaterThan(10)
})

test("places and relations are read off the image, whose y axis points down", () => {
  const object = objectOf(drawn[0]!.scene, "main")
  const at = (x: number, y: number) => ({ ...object, x, y })
  const scene = drawn[0]!.scene
  expect(place(at(10, 10), scene)).toBe("at the top left")
  expect(place(at(64, 90), scene)).toBe("at the bottom")
  expect(place(at(120, 48), scene)).toBe("on the right")
  expect(place(at(64, 48), scene)).toBe("in the middle")
  expect(relation(at(10, 10), at(60, 20))).toBe("to the left of")
  expect(relation(at(60, 20), at(50, 70))).toBe("above")
  expect(relation(at(50, 70), at(60, 20))).toBe("below")
})
