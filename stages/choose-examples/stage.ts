/** `choose-examples`: which objects are asked about, with which label, and why the others are left out. */
import { column, defineStage, param, table, whole } from "../../src/index.ts"
import { exampleColumns, type Example } from "../shared/examples.ts"
import type { LeftOutObject, SceneObject } from "../vision/scene.ts"
import { type Candidate, choose } from "./choose.ts"

export const chooseExamples = defineStage.whole("choose-examples", {
  doc: "which objects are asked about, with which label, and why the others are left out",
  inputs: {
    scenes: whole({
      image_group: column.utf8(),
      objects: column.json<ReadonlyArray<SceneObject>>(),
      left_out: column.json<ReadonlyArray<LeftOutObject>>(),
      primary: column.nullable(column.utf8()),
      secondary: column.nullable(column.utf8())
    }),
    tokens: whole({ source: column.utf8(), object: column.int32() })
  },
  params: {
    question: param.choice(["category", "pair"], {
      doc: "category: which category is the object; pair: which are the primary and the secondary category of the scene"
    }),
    minimum: param.int({
      default: 20,
      min: 2,
      doc: "objects that a class needs; copies in scenes of one image count once"
    }),
    classes: param.int({ default: 20, min: 2, max: 20, doc: "classes at most, the largest first" }),
    cap: param.int({ default: 100, min: 2, doc: "objects of a class at most, so that none drowns the rest" }),
    seed: param.int({ default: 0, doc: "of the objects that a cap keeps" })
  },
  output: table(exampleColumns),
  summary: (rows) => leftOutSummary(rows),
  compute: async ({ scenes, tokens }, { question, ...limits }, context) => {
    const { item, image_group, objects, left_out, primary, secondary } = await scenes.read(
      "image_group",
      "objects",
      "left_out",
      "primary",
      "secondary"
    )
    const selected = await tokens.read("source", "object")
    const has = new Set(
      selected.item.map((scene, i) => `${scene}/${selected.source[i]}/${selected.object[i]}`)
    )
    if (question === "category") {
      const shared = repeated(image_group)
      const candidates = item.flatMap((scene, i) => {
        const group = image_group[i]!
        return [
          ...objectCandidates(scene, objects[i]!, has, shared.has(group) ? group : null),
          ...leftOutCandidates(scene, left_out[i]!, objects[i]!.length)
        ]
      })
      const groupOf = new Map(item.map((scene, i) => [scene, image_group[i]!]))
      const place = ({ label, scene, object }: Candidate) => context.random("cap", label, scene, object)()
      return choose(candidates, limits, place).map(({ scene, object, label, reason }) => ({
        scene,
        image_group: groupOf.get(scene)!,
        object,
        target: "category",
        label,
        cell: label,
        left_out: reason
      }))
    }
    return item.flatMap((scene, i) => pairExamples(scene, image_group[i]!, primary[i]!, secondary[i]!, has))
  }
})

/** Those that occur more than once. */
function repeated(values: ReadonlyArray<string>): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(values.filter((value) => seen.size === seen.add(value).size))
}

/** `group`: of the scene's image, where other scenes show it too: an object that they list as well is the same one. */
function objectCandidates(
  scene: string,
  objects: ReadonlyArray<SceneObject>,
  has: ReadonlySet<string>,
  group: string | null
): Array<Candidate> {
  return objects.map(({ category, crowd, segmentation }, object) => ({
    scene,
    key: group === null ? JSON.stringify([scene, object]) : JSON.stringify([group, null, segmentation]),
    object,
    label: category,
    barred: crowd
      ? "a crowd: one annotation for many objects"
      : has.has(`${scene}/object/${object}`)
        ? null
        : "no token: no patch is covered enough by it"
  }))
}

/** What the source of the scenes has left out is no object of its scene: it is counted on from the last one. */
const leftOutCandidates = (
  scene: string,
  others: ReadonlyArray<LeftOutObject>,
  objects: number
): Array<Candidate> =>
  others.map(({ category, reason }, i) => ({
    scene,
    key: "",
    object: objects + i,
    label: category,
    barred: `${degenerate}: ${reason}`
  }))
const degenerate = "degenerate polygons"

function pairExamples(
  scene: string,
  image_group: string,
  primary: string | null,
  secondary: string | null,
  has: ReadonlySet<string>
): Array<Example> {
  const left_out =
    primary === null || secondary === null
      ? "the scene has no primary or secondary category"
      : !has.has(`${scene}/primary/-1`) || !has.has(`${scene}/secondary/-1`)
        ? "no token: one of the two objects covers no patch enough"
        : null
  const cell = `${primary} × ${secondary}`
  const example = (target: string, label: string | null) => ({
    scene,
    image_group,
    object: -1,
    target,
    label: label ?? "",
    cell,
    left_out
  })
  return [example("primary", primary), example("secondary", secondary)]
}

function leftOutSummary(rows: ReadonlyArray<Example>) {
  const counts = new Map<string, { examples: number; readonly images: Set<string> }>()
  for (const { target, left_out, image_group } of rows) {
    // one line for all of them: each has its own place in the annotations
    const reason = left_out?.startsWith(`${degenerate}: `) === true ? degenerate : left_out
    const key = JSON.stringify([target, reason])
    const of = counts.get(key) ?? { examples: 0, images: new Set() }
    counts.set(key, of)
    of.examples++
    of.images.add(image_group)
  }
  const lines = [...counts].map(([key, { examples, images }]): [string, string, number, number] => {
    const [target, reason] = JSON.parse(key) as [string, string | null]
    return [target, reason ?? "kept", examples, images.size]
  })
  return {
    title: "Examples",
    columns: ["target", "kept, or left out because", "examples", "images"],
    rows: lines.sort((a, b) => b[2] - a[2])
  }
}
