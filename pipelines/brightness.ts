/** Your own stage, in ten lines: how bright is each scene's image file? */
import { column, definePipeline, defineStage, each, one, param } from "probeline"
import { decodeImage, sampleScenes, synthetic } from "probeline/stages"

export const brightness = defineStage.itemwise("brightness", {
  inputs: { scenes: each({ image: column.file() }) }, // this column and no other
  output: one({ mean: column.float64() }),
  compute: (items) =>
    Promise.all(
      items.map(async ({ scenes }) => {
        const { data } = await decodeImage(await scenes.image.bytes())
        return { mean: data.reduce((sum, level) => sum + level, 0) / data.length }
      })
    )
})

export default definePipeline("brightness", {
  params: { scenes: param.int({ default: 100, min: 1, doc: "scenes to render" }) },
  graph: ({ scenes: count }) => {
    const scenes = sampleScenes("scenes", { source: synthetic({ count, seed: 7 }) })
    return { brightness: brightness("brightness", { scenes }) }
  }
})
