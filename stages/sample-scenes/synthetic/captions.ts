/** Writes human-like captions: the main and the second object, how they look and where they are. */
import { pick, shuffled } from "../../../src/support/random.ts"
import type { Random } from "../../../src/support/random.ts"
import { objectOf } from "./description.ts"
import type { DescribedObject, SceneDescription } from "./description.ts"

/** Sizes as shares of the image's shorter side: "large" from here on, "small" up to here. */
const LARGE = 0.2
const SMALL = 0.13

const withArticle = (words: string) => (/^[aeiou]/.test(words) ? `an ${words}` : `a ${words}`)
const chance = (random: Random, share: number) => random() < share
const sentence = (words: string) => `${words[0]!.toUpperCase()}${words.slice(1)}.`

/** "large red striped disc": always the category, nearly always the colour, the rest by chance. */
function named(random: Random, object: DescribedObject, { height, width }: SceneDescription): string {
  const share = object.size / Math.min(height, width)
  const size = share >= LARGE ? pick(random, ["large", "big"]) : share <= SMALL ? "small" : ""
  const words = [
    chance(random, 0.8) ? size : "",
    chance(random, 0.9) ? object.colour : "",
    object.texture !== "plain" && chance(random, 0.6) ? object.texture : "",
    object.category
  ]
  return words.filter((word) => word !== "").join(" ")
}

/** Where an object is in the image, by thirds: "at the top left", "in the middle". */
export function place({ x, y }: DescribedObject, { height, width }: SceneDescription): string {
  const vertical = y < height / 3 ? "top" : y < (2 * height) / 3 ? "" : "bottom"
  const horizontal = x < width / 3 ? "left" : x < (2 * width) / 3 ? "" : "right"
  if (vertical === "" && horizontal === "") return "in the middle"
  if (vertical === "") return `on the ${horizontal}`
  return `at the ${[vertical, horizontal].filter((word) => word !== "").join(" ")}`
}

/** The position of one object seen from another, along the axis on which they are farther apart. */
export function relation(from: DescribedObject, to: DescribedObject): string {
  const [dx, dy] = [from.x - to.x, from.y - to.y]
  if (Math.abs(dx) > Math.abs(dy)) return dx < 0 ? "to the left of" : "to the right of"
  return dy < 0 ? "above" : "below"
}

type Template = (
  random: Random,
  main: DescribedObject,
  second: DescribedObject,
  scene: SceneDescription
) => string

const templates: ReadonlyArray<Template> = [
  (random, main, second, scene) =>
    `${withArticle(named(random, main, scene))} ${relation(main, second)} ${withArticle(named(random, second, scene))}`,
  (random, main, second, scene) =>
    `${withArticle(named(random, second, scene))} ${relation(second, main)} ${withArticle(named(random, main, scene))}`,
  (random, main, second, scene) =>
    `${withArticle(named(random, main, scene))} ${place(main, scene)} and ${withArticle(named(random, second, scene))} ${place(second, scene)}`,
  (random, main, second, scene) =>
    `there is ${withArticle(named(random, main, scene))} ${place(main, scene)}, with ${withArticle(named(random, second, scene))} ${pick(random, ["nearby", "beside it", "next to it"])}`,
  (random, main, second, scene) =>
    `a picture of ${withArticle(named(random, main, scene))} with ${withArticle(named(random, second, scene))} ${place(second, scene)}`
]

/** ", and an arrow": sometimes mentions another object. */
function others(random: Random, { objects }: SceneDescription): string {
  const distractors = objects.filter(({ role }) => role === "distractor")
  if (distractors.length === 0 || chance(random, 0.6)) return ""
  return distractors.length === 1
    ? `, and ${withArticle(distractors[0]!.category)} too`
    : pick(random, [", among other shapes", ", with a few other shapes around"])
}

/** Draws two captions of different structure that both name the main and the second object. */
export function drawCaptions(random: Random, scene: SceneDescription): Array<string> {
  const [main, second] = [objectOf(scene, "main"), objectOf(scene, "second")]
  return shuffled(random, templates)
    .slice(0, 2)
    .map((template) => sentence(template(random, main, second, scene) + others(random, scene)))
}
