/** `choose-examples`: chooses which objects are asked about, with which label, and why the others are left out. */
import { defineStage, param, table, whole } from "../../src/index.ts"
import { exampleColumns, type Example } from "../tables/examples.ts"
import { noObject } from "../tables/ids.ts"
import { joinIds } from "../tables/joins.ts"
import { pickColumns } from "../tables/readers.ts"
import { crowdReason, type LeftOutObject, sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { tokenColumns, tokenSourceKey } from "../tables/tokens.ts"
import { type Candidate, choose } from "./choose.ts"
import { degenerate, exampleLosses, exclusionReason, sidesOf } from "./losses.ts"

export const chooseExamples = defineStage.whole("choose-examples", {
  doc: "which objects are asked about, with which label, and why the others are left out",
  inputs: {
    scenes: whole(pickColumns(sceneColumns, "image_group", "objects", "left_out", "primary", "secondary")),
    tokens: whole(pickColumns(tokenColumns, "source", "object"))
  },
  params: {
    question: param.choice(["category", "pair"], {
      doc: "category: the category of each object; pair: the primary and the secondary category of each scene"
    }),
    minimum: param.int({
      default: 20,
      min: 2,
      doc: "least number of objects in a class; copies in scenes of one image count once"
    }),
    classes: param.int({
      default: 20,
      min: 2,
      max: 20,
      doc: "largest number of classes; larger classes come first"
    }),
    cap: param.int({
      default: 100,
      min: 2,
      doc: "largest number of objects in a class, so that none dominates"
    }),
    seed: param.int({ default: 0, doc: "seed for choosing the objects that a cap keeps" })
  },
  output: table(exampleColumns),
  summary: (rows) => leftOutSummary(rows),
  losses: ({ output, inputs, params }) => exampleLosses(output, inputs, params.question),
  compute: async ({ scenes, tokens }, { question, ...limits }, context) => {
    const {
      item: allScenes,
      image_group,
      objects,
      left_out,
      primary,
      secondary
    } = await scenes.read("image_group", "objects", "left_out", "primary", "secondary")
    const { item: tokenScenes, source, object } = await tokens.read("source", "object")
    const withTokens = new Set(tokenScenes)
    for await (const scene of tokens.items()) withTokens.add(scene)
    joinIds(...sidesOf(withTokens, allScenes))
    const has: Having = {
      scenes: withTokens,
      sources: new Set(source),
      tokens: new Set(tokenScenes.map((scene, i) => tokenSourceKey(scene, source[i]!, object[i]!)))
    }
    if (question === "category") {
      const shared = repeated(image_group)
      const candidates = allScenes.flatMap((scene, i) => {
        const group = image_group[i]!
        return [
          ...objectCandidates(scene, objects[i]!, has, shared.has(group) ? group : null),
          ...leftOutCandidates(scene, left_out[i]!, objects[i]!.length)
        ]
      })
      const groupOf = new Map(allScenes.map((scene, i) => [scene, image_group[i]!]))
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
    return allScenes.flatMap((scene, i) =>
      pairExamples(scene, image_group[i]!, primary[i]!, secondary[i]!, has)
    )
  }
})

/** The values that occur more than once. */
function repeated(values: ReadonlyArray<string>): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(values.filter((value) => seen.size === seen.add(value).size))
}

/** The tokens that exist. */
interface Having {
  /** ids of scenes, including those without tokens */
  readonly scenes: ReadonlySet<string>
  readonly sources: ReadonlySet<string>
  /** by `tokenSourceKey` */
  readonly tokens: ReadonlySet<string>
}
/** Why a scene lacks one of the given tokens; null if it has all. */
function noToken(
  { scenes, sources, tokens }: Having,
  scene: string,
  wanted: ReadonlyArray<{ readonly source: string; readonly object: number }>
): string | null {
  if (wanted.every(({ source, object }) => tokens.has(tokenSourceKey(scene, source, object)))) return null
  if (!scenes.has(scene)) return "no token: its scene is not among those of the tokens"
  if (tokens.size === 0) return "no token: no token was selected in any scene"
  const { source } = wanted[0]!
  if (!sources.has(source))
    return source === "object"
      ? 'no token: the tokens are not of objects (select-tokens takes `of: "objects"`)'
      : 'no token: the tokens are not of pairs (select-tokens takes `of: "pair"`)'
  return wanted.length === 1
    ? "no token: no patch is covered enough by it, or none was imported"
    : "no token: one of the two objects covers no patch enough, or was not imported"
}

/** `group`: the scene's image, if other scenes show it too: an object listed by both is the same one. */
function objectCandidates(
  scene: string,
  objects: ReadonlyArray<SceneObject>,
  has: Having,
  group: string | null
): Array<Candidate> {
  return objects.map(({ category, crowd, segmentation }, object) => ({
    scene,
    key: group === null ? JSON.stringify([scene, object]) : JSON.stringify([group, null, segmentation]),
    object,
    label: category,
    barred: crowd ? crowdReason : noToken(has, scene, [{ source: "object", object }])
  }))
}

/** Objects left out by the scenes' source are numbered after the scene's own objects. */
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

function pairExamples(
  scene: string,
  image_group: string,
  primary: string | null,
  secondary: string | null,
  has: Having
): Array<Example> {
  const left_out =
    primary === null || secondary === null
      ? "the scene has no primary or secondary category"
      : noToken(
          has,
          scene,
          ["primary", "secondary"].map((source) => ({ source, object: noObject }))
        )
  const cell = `${primary} × ${secondary}`
  const example = (target: string, label: string | null) => ({
    scene,
    image_group,
    object: noObject,
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
    const key = JSON.stringify([target, exclusionReason(left_out)])
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
