/** Finds images in different files with the same pixels for the encoder: one picture, encoded twice. */
import type { FileHandle } from "../../src/index.ts"

/** Part of a table, read in batches. */
interface Batches<A> {
  batches(
    ...names: ReadonlyArray<keyof A & string>
  ): AsyncIterable<
    { readonly item: ReadonlyArray<string> } & { readonly [K in keyof A]: ReadonlyArray<A[K]> }
  >
}
const mostExamples = 5

/**
 * Counts image files whose pixels equal those of another file, for a report. They stay separate, because the digest
 * of pixels depends on the encoder and folds must not. Set `image_group` in the source to make them one image.
 *
 * @param activations this stage's output; it lacks scenes without tokens
 * @param scenes its input
 */
export async function samePixels(
  activations: Batches<{ pixels: string }>,
  scenes: Batches<{ image: FileHandle }>
): Promise<{ readonly count: number; readonly examples: ReadonlyArray<string> }> {
  const fileOf = new Map<string, string>()
  for await (const { item, image } of scenes.batches("image"))
    item.forEach((scene, i) => fileOf.set(scene, image[i]!.sha256))
  const first = new Map<string, string>()
  const counted = new Set<string>()
  const examples: Array<string> = []
  for await (const { item, pixels } of activations.batches("pixels"))
    item.forEach((scene, i) => {
      const [file, original] = [fileOf.get(scene), first.get(pixels[i]!)]
      if (original === undefined) return void first.set(pixels[i]!, scene)
      if (file === undefined || file === fileOf.get(original) || counted.has(file)) return
      counted.add(file)
      if (examples.length < mostExamples) examples.push(`${scene} has the pixels of ${original}`)
    })
  return { count: counted.size, examples }
}
