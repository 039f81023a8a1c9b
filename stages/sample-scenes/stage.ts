/** `sample-scenes`: the scenes of an experiment, one per row, from one of several sources. */
import { createHash } from "node:crypto"
import { defineStage, type FileRef, one, param, seededRandom, type SourceContext } from "../../src/index.ts"
import { sceneColumns } from "../tables/scenes.ts"
import { cocoScenes } from "../coco/scenes.ts"
import { Repeats } from "./repeats.ts"
import { PRIMARIES, SECONDARIES } from "./synthetic/outlines.ts"
import { encodePng } from "./synthetic/png.ts"
import { renderScene } from "./synthetic/render-scene.ts"

const sources = {
  synthetic: {
    count: param.int({ min: 1, doc: "scenes to render" }),
    seed: param.int({ default: 0 }),
    height: param.int({ default: 96, min: 32, max: 4096, doc: "of each image, in pixels" }),
    width: param.int({ default: 128, min: 32, max: 4096 })
  },
  coco: {
    annotations: param.file({ doc: "instances JSON" }),
    images: param.folder({ doc: "the image folder" }),
    captions: param.maybe(param.file({ doc: "captions JSON" })),
    limit: param.maybe(param.int({ min: 1, doc: "number of images, the first in a stable seeded order" })),
    seed: param.int({ default: 0, doc: "seed of that order" }),
    skip_degenerate: param.bool({
      default: false,
      doc: "leave out objects with degenerate polygons and list them among the examples, instead of refusing the file"
    }),
    skip_bad_images: param.bool({
      default: false,
      doc: "leave out scenes with a missing, empty or unreadable image, or one of another size than annotated, and mark the run as partial"
    }),
    tasks: param.maybe(
      param.file({ doc: "a task list (CSV: task, primary, secondary, image_id): sample its images alone" })
    ),
    missing: param.choice(["error", "skip"], {
      default: "error",
      doc: "rows of the task list that the annotations cannot serve: refuse the list, or leave out rows without an image (assign-tasks lists those that lack a category)"
    })
  }
}

/** Rendered scenes of several objects with exact masks; needs no download. */
export const synthetic = (options: {
  readonly count: number
  readonly seed?: number
  readonly height?: number
  readonly width?: number
}) => ({ kind: "synthetic" as const, ...options })

/** The paired task that rendered scenes are made for, as a rule of `assign-tasks`: each scene has one pair. */
export const syntheticTask = { task: "main", primary: PRIMARIES, secondary: SECONDARIES } as const

/** A data set in the layout of COCO 2017. */
export const coco = (options: {
  readonly annotations: FileRef
  readonly images: FileRef
  readonly captions?: FileRef | null
  readonly limit?: number | null
  readonly seed?: number
  readonly skip_degenerate?: boolean
  readonly skip_bad_images?: boolean
  readonly tasks?: FileRef | null
  readonly missing?: "error" | "skip"
}) => ({ kind: "coco" as const, ...options })

export const sampleScenes = defineStage.source("sample-scenes", {
  doc: "scenes: images with their size, objects with masks, and captions",
  item: "scene",
  params: { source: param.oneOf(sources) },
  output: one(sceneColumns),
  compute: async function* ({ source }, world, context) {
    const repeats = new Repeats()
    const scenes =
      source.kind === "coco" ? cocoScenes(source, world, context) : syntheticScenes(source, context)
    for await (const scene of scenes) {
      if (!("failed" in scene)) repeats.add(scene)
      yield scene
    }
    for (const repeated of repeats.found()) context.lost(repeated)
  }
})

async function* syntheticScenes(
  { count, seed, height, width }: Omit<Required<ReturnType<typeof synthetic>>, "kind">,
  context: SourceContext
) {
  for (let i = 0; i < count; i++) {
    // each scene has its own generator, so that the first 50 of 500 scenes equal those of a run with 50
    const scene = renderScene({ height, width }, seededRandom(seed, "synthetic scene", i))
    const id = String(i).padStart(5, "0") // a fixed width, so that ids do not depend on the count
    const content = await encodePng(scene.pixels, height, width)
    context.progress(i + 1, count)
    yield {
      id,
      image: { name: `${id}.png`, content },
      image_group: createHash("sha256").update(content).digest("hex"),
      height,
      width,
      objects: scene.objects,
      left_out: [],
      captions: scene.captions
    }
  }
}
