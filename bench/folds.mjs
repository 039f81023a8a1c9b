/**
 * Folds of real photographs: how large they are, which classes they lack, and which images move when a question is added.
 *
 *     node bench/folds.mjs INSTANCES.JSON [SEEDS]
 *
 * Compares two ways of dealing images to five folds: in one line over all strata, where fold sizes differ by at most one
 * image, and each stratum from its own start, as Probeline does. The question is `category` of the 20 largest categories
 * (by images). Two questions are added: a further category, which concerns the images that show it, and
 * whether the image has a person, which concerns all.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { importTypeScript } from "../tools/import-typescript.mjs"

const [path, seedCount = "5"] = process.argv.slice(2)
if (path === undefined) {
  console.error("usage: node bench/folds.mjs INSTANCES.JSON [SEEDS]")
  process.exit(2)
}
const { assignFolds } = await importTypeScript("stages/statistics/folds.ts")
const { annotations, categories, images } = JSON.parse(readFileSync(path, "utf8"))
const nameOf = new Map(categories.map(({ id, name }) => [id, name]))
const imagesOf = new Map()
for (const { category_id, image_id, iscrowd } of annotations)
  if (!iscrowd) {
    const name = nameOf.get(category_id)
    imagesOf.set(name, (imagesOf.get(name) ?? new Set()).add(image_id))
  }
const [classes, further] = [20, 21].map((count) =>
  [...imagesOf]
    .sort((a, b) => b[1].size - a[1].size)
    .slice(0, count)
    .map(([name]) => name)
)
const strata = (names = classes, asksPresence = false) =>
  images.flatMap(({ id }) => {
    if (!classes.some((name) => imagesOf.get(name).has(id))) return []
    const cells = names.filter((name) => imagesOf.get(name).has(id)).map((name) => `category=${name}`)
    if (asksPresence) cells.push(`presence=${imagesOf.get("person").has(id)}`)
    return [{ id: String(id), stratum: JSON.stringify(cells.sort()) }]
  })

const hash = (seed, id) => createHash("sha256").update(`${seed}\n${id}`).digest("hex")
/** All strata one after another, dealt round-robin without a break. */
function inOneLine({ images: all, folds, seed }) {
  const keyed = all.map(({ id, stratum }) => ({ id, stratum, hash: hash(seed, id) }))
  keyed.sort((a, b) => (a.stratum < b.stratum ? -1 : a.stratum > b.stratum ? 1 : a.hash < b.hash ? -1 : 1))
  return new Map(keyed.map(({ id }, i) => [id, i % folds]))
}

const asked = strata()
const sizes = new Map()
for (const { stratum } of asked) sizes.set(stratum, (sizes.get(stratum) ?? 0) + 1)
const single = [...sizes.values()].filter((size) => size === 1).length
console.log(`${asked.length} images in ${sizes.size} strata, of which ${single} hold one image`)
for (const [name, deal] of Object.entries({ "in one line": inOneLine, "by stratum": assignFolds })) {
  let [lacking, moved, category, presence] = [0, 0, 0, 0]
  const counts = []
  for (let seed = 0; seed < Number(seedCount); seed++) {
    const dealt = (list) => deal({ images: list, folds: 5, seed: `7/${seed}` })
    const folds = dealt(asked)
    const size = Array.from({ length: 5 }, (_, fold) => [...folds.values()].filter((f) => f === fold).length)
    counts.push(size.sort((a, b) => a - b).join(" "))
    for (const name of classes) {
      const seen = new Set([...imagesOf.get(name)].map((id) => folds.get(String(id))))
      lacking += 5 - seen.size
    }
    // every tenth image comes later
    for (let i = 0; i < asked.length; i += 10) {
      const fewer = dealt(asked.filter((_, j) => j !== i))
      moved += [...fewer].filter(([id, fold]) => folds.get(id) !== fold).length / fewer.size
    }
    const movedIn = (more) => [...more].filter(([id, fold]) => folds.get(id) !== fold).length / more.size
    category += movedIn(dealt(strata(further)))
    presence += movedIn(dealt(strata(classes, true)))
  }
  const runs = Number(seedCount)
  console.log(`${name}:
  fold sizes, by seed: ${counts.join("; ")}
  (fold, class) pairs without an example: ${lacking} of ${runs * 5 * classes.length}
  images that move when one image comes: ${((100 * moved) / (runs * Math.ceil(asked.length / 10))).toFixed(1)} % (mean)
  images that move when the category "${further.at(-1)}" (${imagesOf.get(further.at(-1)).size} images) is added: ${((100 * category) / runs).toFixed(1)} %
  images that move when the question about persons is added: ${((100 * presence) / runs).toFixed(1)} %`)
}
