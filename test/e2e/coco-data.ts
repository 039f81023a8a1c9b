/** A tiny data set in COCO's layout: coloured rectangles of three categories on grey, with exact polygons. */
import * as fs from "node:fs"
import * as path from "node:path"
import sharp from "sharp"

export const categories = ["crate", "plate", "towel"] as const
const colours = ["#c03020", "#20a040", "#2040c0"]
export const [width, height] = [96, 80]

export interface Instances {
  images: Array<{ id: number; file_name: string; height: number; width: number }>
  annotations: Array<{
    id: number
    image_id: number
    category_id: number
    segmentation: Array<Array<number>>
    area: number
    iscrowd: 0 | 1
  }>
  categories: Array<{ id: number; name: string }>
}
export interface CocoData {
  readonly instances: Instances
  /** the parameters of `pipelines/coco.ts` that name its files */
  readonly set: ReadonlyArray<string>
  readonly annotations: string
  readonly images: string
  readonly captions: string
  /** Writes the instances anew, changed. */
  readonly change: (edit: (instances: Instances) => void) => void
  readonly caption: (text: string) => void
}

/** Images of two rectangles each, of categories in turn; PNG, but for the first, which is a JPEG. */
export async function makeCocoData(folder: string, count = 32): Promise<CocoData> {
  const images = path.join(folder, "images")
  const annotations = path.join(folder, "instances.json")
  const captions = path.join(folder, "captions.json")
  fs.mkdirSync(images, { recursive: true })
  const instances: Instances = {
    images: [],
    annotations: [],
    categories: categories.map((name, i) => ({ id: i + 1, name }))
  }
  for (let i = 0; i < count; i++) {
    const id = i + 1
    const file_name = `${String(id).padStart(4, "0")}.${i === 0 ? "jpg" : "png"}`
    instances.images.push({ id, file_name, height, width })
    const boxes = [0, 1].map((side) => {
      const category = (i + side) % categories.length
      const [x, y, w, h] = [8 + 44 * side + (i % 5), 10 + ((i * 7) % 12), 30 + (i % 3), 44 + (i % 4)]
      instances.annotations.push({
        id: 2 * i + side + 1,
        image_id: id,
        category_id: category + 1,
        segmentation: [[x, y, x + w, y, x + w, y + h, x, y + h]],
        area: w * h,
        iscrowd: 0
      })
      return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${colours[category]}"/>`
    })
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#888"/>${boxes.join("")}</svg>`
    await sharp(Buffer.from(svg)).removeAlpha().toFile(path.join(images, file_name))
  }
  const write = () => fs.writeFileSync(annotations, JSON.stringify(instances))
  const caption = (text: string) =>
    fs.writeFileSync(
      captions,
      JSON.stringify({
        images: instances.images,
        annotations: instances.images.map(({ id }) => ({ id, image_id: id, caption: `${text} ${id}` }))
      })
    )
  write()
  caption("Two things, number")
  return {
    instances,
    set: ["-S", `annotations=${annotations}`, "-S", `images=${images}`],
    annotations,
    images,
    captions,
    change(edit) {
      edit(instances)
      write()
    },
    caption
  }
}
