/**
 * The data of `bench/probes.mjs`: real features out of a store, and a synthetic experiment of paired objects.
 */
import { artifactTable } from "../../src/store/items/read-artifact.ts"
import { existingStore } from "../../src/project/open-store.ts"
import { resolveReference } from "../../src/project/reference.ts"
import { normal, seededRandom } from "../../src/support/random.ts"
import { assignFolds } from "../../stages/statistics/folds.ts"
import type { Example } from "../../stages/tables/examples.ts"

/** One question at one tap: what both probes are given. */
export interface Question {
  readonly name: string
  readonly x: Float32Array
  readonly rows: number
  readonly width: number
  readonly labels: Int32Array
  readonly classes: number
  readonly cells: Int32Array
  readonly images: Int32Array
  readonly imageIds: ReadonlyArray<string>
  readonly outer: ReadonlyArray<{ readonly train: Int32Array; readonly test: Int32Array }>
}

const folds = 5

/** Every tap × token of a run of `pipelines/coco.ts`: one seed of five folds by image. */
export async function cocoQuestions(root: string, run = "latest"): Promise<ReadonlyArray<Question>> {
  const store = existingStore(root)
  const open = (node: string) => {
    const found = resolveReference(store, `${run}:${node}`)
    if (found.kind !== "artifact") throw new Error(`${run}:${node} is no artifact`)
    return artifactTable(found.store, found.manifest)
  }
  const [activations, table] = [open("activations"), open("examples")]
  const named = await activations.read(["source", "object", "token"])
  const columns = await table.read(["scene", "object", "label", "cell", "left_out"])
  const examples = columns["scene"]!.map((_, i) =>
    Object.fromEntries(Object.keys(columns).map((name) => [name, columns[name]![i]]))
  ) as ReadonlyArray<unknown> as ReadonlyArray<Example>
  const kept = examples.filter(({ left_out }) => left_out === null)
  const rowOf = new Map(
    named["item"]!.map((scene, row) => [`${named["token"]![row]} ${scene} ${named["object"]![row]}`, row])
  )
  const tokens = [...new Set(named["token"] as ReadonlyArray<string>)]
  const questions: Array<Question> = []
  for (const tap of activations.members("activation")) {
    const { data, shape } = await activations.tensor("activation", tap)
    const width = shape[0]!
    for (const token of tokens) {
      const rows = kept.map(
        ({ scene, object }) =>
          rowOf.get(`${token} ${scene} ${object}`) ?? rowOf.get(`${token} ${scene} -1`) ?? NaN
      )
      const x = new Float32Array(rows.length * width)
      rows.forEach((row, i) => x.set(data.subarray(row * width, (row + 1) * width), i * width))
      questions.push({
        name: `${tap} ${token}`,
        x,
        width,
        ...asked(
          kept.map(({ label }) => label),
          kept.map(({ cell }) => cell),
          kept.map(({ scene }) => scene),
          1
        )
      })
    }
  }
  return questions
}

/**
 * A suite of paired objects: four tokens of either object × either object's category (2 or 4), 2,000 images in eight
 * cells, five seeds of five folds. Features resemble a deep layer's: each mixes 48 latent variables, whose variances fall as
 * j^−0.9, and the categories shift these along random directions of the leading half, the other object's less.
 */
export function pairedQuestions(images = 2000, width = 768): ReadonlyArray<Question> {
  const random = seededRandom("bench", "paired")
  const noise = (length: number) => Float64Array.from({ length }, () => normal(random))
  const scale = Float64Array.from({ length: width }, (_, j) => Math.pow(j + 1, -0.45))
  const primary = Array.from({ length: images }, (_, i) => i % 2)
  const secondary = Array.from({ length: images }, (_, i) => (i >> 1) % 4)
  const ids = primary.map((_, i) => `image-${i}`)
  const cells = primary.map((p, i) => `${p}/${secondary[i]}`)
  const mixed = 48
  const from = Int32Array.from({ length: width * mixed }, () => Math.floor(random() * width))
  const factor = noise(width * mixed)
  const questions: Array<Question> = []
  for (const [token, strength] of [
    ["avg_obj", 0.3],
    ["random_obj", 0.2],
    ["random", 0.12],
    ["cls", 0.2]
  ] as const)
    for (const source of ["primary", "secondary"]) {
      const shifts = Array.from({ length: 6 }, () => noise(width >> 1))
      const x = new Float32Array(images * width)
      for (let i = 0; i < images; i++) {
        const latent = noise(width)
        const [own, other] =
          source === "primary" ? [primary[i]!, secondary[i]! + 2] : [secondary[i]! + 2, primary[i]!]
        for (let j = 0; j < width >> 1; j++)
          latent[j]! += strength * (0.5 * shifts[own]![j]! + 0.2 * shifts[other]![j]!)
        for (let j = 0; j < width; j++) latent[j]! *= scale[j]!
        for (let k = 0; k < width; k++) {
          let sum = 0
          for (let m = k * mixed; m < (k + 1) * mixed; m++) sum += factor[m]! * latent[from[m]!]!
          x[i * width + k] = sum
        }
      }
      for (const [target, labels] of [
        ["primary", primary],
        ["secondary", secondary]
      ] as const)
        questions.push({
          name: `${token} (${source}) → ${target}`,
          x,
          width,
          ...asked(labels.map(String), cells, ids, 5)
        })
    }
  return questions
}

/** Labels, cells and images as numbers, and the splits. */
function asked(
  labels: ReadonlyArray<string>,
  cells: ReadonlyArray<string>,
  scenes: ReadonlyArray<string>,
  seeds: number
) {
  const numbered = (names: ReadonlyArray<string>) => {
    const all = [...new Set(names)].toSorted()
    const index = new Map(all.map((name, i) => [name, i]))
    return { all, of: Int32Array.from(names, (name) => index.get(name)!) }
  }
  const [label, cell, image] = [numbered(labels), numbered(cells), numbered(scenes)]
  const strata = new Map<string, Set<string>>()
  scenes.forEach((scene, i) => strata.set(scene, (strata.get(scene) ?? new Set()).add(cells[i]!)))
  const outer = Array.from({ length: seeds }, (_, seed) => {
    const dealt = assignFolds({
      images: Array.from(strata, ([id, of]) => ({ id, stratum: [...of].toSorted().join(" ") })),
      folds,
      seed: `7/${seed}`
    })
    return Array.from({ length: folds }, (_, fold) => {
      const rows = Array.from(scenes.keys())
      return {
        train: Int32Array.from(rows.filter((row) => dealt.get(scenes[row]!) !== fold)),
        test: Int32Array.from(rows.filter((row) => dealt.get(scenes[row]!) === fold))
      }
    })
  }).flat()
  return {
    rows: labels.length,
    labels: label.of,
    classes: label.all.length,
    cells: cell.of,
    images: image.of,
    imageIds: image.all,
    outer
  }
}
