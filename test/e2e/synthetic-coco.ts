/** Rendered scenes as a data set in COCO's layout, with a task list: what the quickstart's encoders were trained on. */
import * as fs from "node:fs"
import * as path from "node:path"
import { seededRandom } from "../../src/index.ts"
import { DISTRACTORS, PRIMARIES, SECONDARIES } from "../../stages/sample-scenes/synthetic/outlines.ts"
import { encodePng } from "../../stages/sample-scenes/synthetic/png.ts"
import { renderScene } from "../../stages/sample-scenes/synthetic/render-scene.ts"

export interface SyntheticCoco {
  readonly annotations: string
  readonly images: string
  /** task "0": the scene's primary and secondary category */
  readonly tasks: string
}

export async function makeSyntheticCoco(folder: string, count: number): Promise<SyntheticCoco> {
  const [height, width] = [96, 128]
  const names = [...PRIMARIES, ...SECONDARIES, ...DISTRACTORS]
  const at = (name: string) => path.join(folder, name)
  fs.mkdirSync(at("images"), { recursive: true })
  const [images, annotations, rows] = [[], [], ["task,primary,secondary,image_id"]] as [
    Array<object>,
    Array<object>,
    Array<string>
  ]
  for (let id = 1; id <= count; id++) {
    const scene = renderScene({ height, width }, seededRandom(0, "synthetic scene", id))
    const file_name = `${id}.png`
    fs.writeFileSync(path.join(at("images"), file_name), await encodePng(scene.pixels, height, width))
    images.push({ id, file_name, height, width })
    for (const { category, segmentation, area } of scene.objects)
      annotations.push({
        id: annotations.length + 1,
        image_id: id,
        category_id: 1 + names.indexOf(category as never),
        segmentation,
        area,
        iscrowd: 0
      })
    rows.push(`0,${scene.primary},${scene.secondary},${id}`)
  }
  const categories = names.map((name, i) => ({ id: i + 1, name }))
  fs.writeFileSync(at("instances.json"), JSON.stringify({ images, annotations, categories }))
  fs.writeFileSync(at("tasks.csv"), rows.join("\n"))
  return { annotations: at("instances.json"), images: at("images"), tasks: at("tasks.csv") }
}
