/**
 * Makes scenes.png: twelve synthetic scenes with the outlines of their masks (the main object's in magenta,
 * the second one's in cyan, the distractors' in black).
 *
 *     npx rolldown docs/pictures/make-scenes.ts --platform node --external sharp -o docs/pictures/make-scenes.mjs
 *     node docs/pictures/make-scenes.mjs docs/pictures/scenes.png
 *
 * With Node 22.18 or newer, `node docs/pictures/make-scenes.ts docs/pictures/scenes.png` does the same.
 */
import sharp from "sharp"
import { seededRandom } from "../../src/support/random.ts"
import { renderScene } from "../../stages/sample-scenes/synthetic/render-scene.ts"
import type { SyntheticScene } from "../../stages/sample-scenes/synthetic/render-scene.ts"
import type { SceneObject } from "../../stages/tables/scenes.ts"

const [height, width] = [96, 128]
const zoom = 2
const gap = 6
const [rows, columns] = [3, 4]
const outline = { main: [255, 0, 200], second: [0, 230, 255], distractor: [0, 0, 0] } as const

/** A mask as bytes, row-major. */
function decode({ segmentation }: SceneObject): Uint8Array {
  if (!("counts" in segmentation) || typeof segmentation.counts === "string") {
    throw new Error("Synthetic scenes have uncompressed RLE masks.")
  }
  const mask = new Uint8Array(height * width)
  let at = 0
  for (const [i, run] of segmentation.counts.entries()) {
    for (const end = at + run; at < end; at++) {
      if (i % 2 === 1) mask[(at % height) * width + Math.floor(at / height)] = 1
    }
  }
  return mask
}

/** An enlarged scene; a mask's outermost pixels are coloured. */
function enlarged(scene: SyntheticScene): Uint8Array {
  const [h, w] = [height * zoom, width * zoom]
  const result = new Uint8Array(h * w * 3)
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++, to += 3) {
      const from = 3 * (Math.floor(y / zoom) * width + Math.floor(x / zoom))
      result.set(scene.pixels.subarray(from, from + 3), to)
    }
  }
  for (const object of scene.objects) {
    const mask = decode(object)
    const has = (y: number, x: number) =>
      y >= 0 && y < height && x >= 0 && x < width && mask[y * width + x] === 1
    const role =
      object.category === scene.primary
        ? "main"
        : object.category === scene.secondary
          ? "second"
          : "distractor"
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const [row, column] = [Math.floor(y / zoom), Math.floor(x / zoom)]
        const inner =
          has(row - 1, column) && has(row + 1, column) && has(row, column - 1) && has(row, column + 1)
        if (has(row, column) && !inner) result.set(outline[role], 3 * (y * w + x))
      }
    }
  }
  return result
}

const tiles = Array.from({ length: rows * columns }, (_, i) => {
  const scene = renderScene({ height, width }, seededRandom("docs", i))
  process.stdout.write(`${i + 1}. ${scene.captions.join(" ")}\n`)
  return {
    input: Buffer.from(enlarged(scene)),
    raw: { height: height * zoom, width: width * zoom, channels: 3 as const },
    top: gap + Math.floor(i / columns) * (height * zoom + gap),
    left: gap + (i % columns) * (width * zoom + gap)
  }
})
await sharp({
  create: {
    height: gap + rows * (height * zoom + gap),
    width: gap + columns * (width * zoom + gap),
    channels: 3,
    background: "white"
  }
})
  .composite(tiles)
  .png({ palette: true, colours: 128, dither: 0, effort: 10, compressionLevel: 9 })
  .toFile(process.argv[2] ?? "scenes.png")
