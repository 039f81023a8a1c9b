/**
 * The readers of files that others made, each as a function of bytes or text: what it gives does not matter, but it has
 * to end, and with an error of its own kind if with any.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { below, pick, type Random, seededRandom } from "../../src/support/random.ts"
import { openTensors } from "../../src/store/format/arrow-read.ts"
import { encodeTensors } from "../../src/store/format/arrow-write.ts"
import { memorySource } from "../../src/store/format/bytes.ts"
import { column } from "../../src/pipeline/columns.ts"
import { openTable } from "../../src/store/format/parquet-read.ts"
import { encodeParquet } from "../../src/store/format/parquet-write.ts"
import { parseCsv } from "../../stages/csv/parse-csv.ts"
import { parseManifest } from "../../stages/import-activations/manifest.ts"
import { parseInstances } from "../../stages/coco/annotations.ts"
import { parseTaskList } from "../../stages/coco/task-list.ts"
import { encodeNpy, openNpy } from "../../stages/tensor-files/npy.ts"
import { openSafetensors } from "../../stages/tensor-files/safetensors.ts"
import { readValues } from "../../stages/tensor-files/stored-tensor.ts"
import { maskOf } from "../../stages/vision/mask.ts"
import { bytesAccess, WindowedReader } from "../../stages/onnx/access.ts"
import { describeEncoder } from "../../stages/onnx/describe.ts"
import { tapModel } from "../../stages/onnx/patch.ts"
import { type Field, Protobuf } from "../../stages/onnx/protobuf.ts"
import { readModel } from "../../stages/onnx/reader.ts"
import { withoutWeights } from "../../stages/onnx/weights-in-place.ts"
import { parsePreprocessorConfig } from "../../stages/vision/preprocessor-config.ts"
import {
  areaOf,
  boundingBoxOf,
  columnMajorOf,
  countsOfString,
  rowMajorOf,
  stringOfCounts,
  unionOf
} from "../../stages/vision/rle.ts"
import { damagedBytes, damagedText } from "./mutate.ts"

export interface Target {
  /** the names of the errors that it may throw */
  readonly errors: ReadonlyArray<string>
  /** Draws an input; what it returns reads it. */
  readonly draw: (random: Random) => () => unknown
}

const fixtures = join(process.cwd(), "test/fixtures")
const read = (name: string) => new Uint8Array(readFileSync(join(fixtures, name)))

/** Without weights, so that damage meets structure. */
const models = ["vit-fp16", "clip", "blip-int8", "dinov2-registers", "clip-fused"].map((name) => {
  const bytes = read(`onnx/${name}.onnx`)
  return new Uint8Array(withoutWeights(bytesAccess(bytes), "model.onnx"))
})

const ofBytes =
  (files: ReadonlyArray<Uint8Array>, reads: (bytes: Uint8Array, random: Random) => unknown) =>
  (random: Random) => {
    const bytes = damagedBytes(random, files)
    return () => reads(bytes, random)
  }
const ofText = (texts: ReadonlyArray<string>, reads: (text: string) => unknown) => (random: Random) => {
  const text = damagedText(random, texts)
  return () => reads(text)
}

/** Takes every field for a message, a text or a list, as it comes. */
function walk(protobuf: Protobuf, fields: Iterable<Field>, random: Random, depth = 0): void {
  for (const field of fields) {
    const choice = random()
    if (choice < 0.6 && depth < 200) walk(protobuf, protobuf.message(field), random, depth + 1)
    else if (choice < 0.8) protobuf.text(field)
    else protobuf.integers(field)
  }
}

const tensorFiles = readdirSync(join(fixtures, "import/tensors"))
const npyFiles = [
  ...tensorFiles.filter((name) => name.endsWith(".npy")).map((name) => read(`import/tensors/${name}`)),
  encodeNpy(
    [2, 3],
    Float32Array.from({ length: 6 }, (_, i) => i)
  )
].filter(({ length }) => length < 10_000)
const safetensors = [read("import/tensors/all.safetensors"), read("import/activations/blocks.safetensors")]

const access = (bytes: Uint8Array) => ({ size: bytes.length, read: bytesAccess(bytes).read })

const rleStrings = [
  stringOfCounts(Uint32Array.of(3, 5, 40, 2)),
  stringOfCounts(Uint32Array.from({ length: 40 }, (_, i) => (i * 37) % 91)),
  stringOfCounts(Uint32Array.of(0, 2 ** 32 - 1))
]
const sizes = [0, 1, 8, 50, 640, -1, 1.5, 2 ** 16, 1e9, 2 ** 32, NaN, 1e15]
const runs = [0, 1, 5, 50, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -1, 0.5, NaN, 1e15]
const coordinates = [0, 3.5, 49.9, 50, -7, 640, 1e5, -1e6, 1e6, 1e7, NaN]
const several = <A>(random: Random, count: number, from: ReadonlyArray<A>) =>
  Array.from({ length: count }, () => pick(random, from))

function drawSegmentation(random: Random) {
  const isGood = random() < 0.5
  const [height, width] = several(random, 2, isGood ? sizes.slice(1, 5) : sizes) as [number, number]
  const kind = below(random, 3)
  if (kind === 0) {
    const points = isGood
      ? several(random, 6 + 2 * below(random, 20), coordinates.slice(0, -2))
      : several(random, below(random, 40), coordinates)
    return { segmentation: [points, [0, 0, 9, 0, 9, 9]], height, width }
  }
  const size = random() < 0.7 ? ([height, width] as const) : ([pick(random, sizes), width] as const)
  const counts =
    kind === 1
      ? damagedText(random, rleStrings)
      : random() < 0.4
        ? [below(random, 100), height * width] // nearly right
        : several(random, below(random, 30), runs)
  return { segmentation: { size, counts }, height, width }
}

const annotations = JSON.stringify({
  images: [{ id: 1, file_name: "a.png", height: 40, width: 60 }],
  categories: [{ id: 3, name: "cat" }],
  annotations: [
    { id: 7, image_id: 1, category_id: 3, area: 9, iscrowd: 0, segmentation: [[0, 0, 9, 0, 9, 9]] },
    {
      id: 8,
      image_id: 1,
      category_id: 3,
      area: 4,
      iscrowd: 1,
      segmentation: { size: [40, 60], counts: [2396, 4] }
    },
    {
      id: 9,
      image_id: 1,
      category_id: 3,
      area: 4,
      iscrowd: 1,
      segmentation: { size: [40, 60], counts: stringOfCounts(Uint32Array.of(2000, 400)) }
    }
  ]
})
const manifests = [
  readFileSync(join(fixtures, "import/activations/manifest.json"), "utf8"),
  JSON.stringify({
    format: 1,
    items: [{ id: "a", object: 3, token: "cls", taps: { embed: { file: "a.npy", row: 2 } } }]
  })
]
const tasks = 'image_id,task,primary,secondary\n139,0,cat,bench\n285,0,dog,bed\n139,1,person,"cup, full"\n'
const csv = [
  'id,token\na,cls\n"b, ""c""",avg\n',
  readFileSync(join(fixtures, "import/activations/ids.csv"), "utf8")
]
const preprocessing = JSON.stringify({
  image_processor_type: "CLIPImageProcessor",
  size: { shortest_edge: 224 },
  crop_size: { height: 224, width: 224 },
  resample: 3,
  rescale_factor: 0.00392156862745098,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5]
})

const values = Float32Array.from({ length: 24 }, (_, i) => i / 7)
const arrow = [
  encodeTensors(
    { family: "activation", member: "embed", shape: [4], dims: ["width"], idColumn: "scene" },
    values,
    ["a", "b", "c", "d", "e", "f"]
  )
]
const parquet = [
  await encodeParquet({
    columns: {
      n: column.int32(),
      text: column.utf8(),
      list: column.list(column.float64()),
      maybe: column.nullable(column.bool())
    },
    idColumn: "scene",
    rows: 3,
    items: ["a", "b", "c"],
    vectors: { n: [1, 2, 3], text: ["x", "", "🙂"], list: [[1], [], [2, 3]], maybe: [true, null, false] }
  })
]

export const targets: Readonly<Record<string, Target>> = {
  protobuf: {
    errors: ["OnnxError"],
    draw: ofBytes(models, (bytes, random) => {
      const protobuf = new Protobuf(new WindowedReader(bytesAccess(bytes)))
      walk(protobuf, protobuf.top(), random)
    })
  },
  onnx: {
    errors: ["OnnxError"],
    draw: ofBytes(models, (bytes) => {
      const source = bytesAccess(bytes)
      const model = readModel(source)
      const { taps } = describeEncoder(model)
      const { needed } = tapModel(
        model,
        taps.slice(0, 3).map(({ name }) => name),
        { pool: true, pinStream: true }
      )
      return withoutWeights(source, "model.onnx", new Map(), needed)
    })
  },
  npy: {
    errors: ["TensorFileError"],
    draw: ofBytes(npyFiles, (bytes) => readValues(openNpy(access(bytes))))
  },
  safetensors: {
    errors: ["TensorFileError"],
    draw: ofBytes(safetensors, (bytes) =>
      [...openSafetensors(access(bytes)).values()].map((tensor) => readValues(tensor))
    )
  },
  rle: {
    errors: ["MaskError"],
    draw: ofText(rleStrings, (text) => {
      const counts = countsOfString(text)
      return countsOfString(stringOfCounts(counts)).length === counts.length
    })
  },
  masks: {
    errors: ["MaskError"],
    draw: (random) => {
      const { segmentation, height, width } = drawSegmentation(random)
      return () => {
        const mask = maskOf(segmentation, height, width)
        boundingBoxOf(mask)
        if (areaOf(mask) > height * width) throw new Error("a mask of more pixels than its image has")
        // what is larger is only slower
        return height * width < 1e6 ? [columnMajorOf(unionOf([mask, mask])), rowMajorOf(mask)] : null
      }
    }
  },
  annotations: {
    errors: ["CocoError"],
    draw: ofText([annotations], (text) => parseInstances(text, { file: "annotations.json" }))
  },
  manifests: {
    errors: ["ImportError"],
    draw: ofText(manifests, (text) => parseManifest("manifest.json", text, async () => csv[0]!))
  },
  csv: { errors: ["Error"], draw: ofText(csv, parseCsv) },
  taskLists: {
    errors: ["CocoError"],
    draw: ofText([tasks], (text) => parseTaskList(Buffer.from(text), { file: "tasks.csv" }))
  },
  preprocessing: {
    errors: ["PreprocessorConfigError", "SyntaxError"],
    draw: ofText([preprocessing], (text) => parsePreprocessorConfig(JSON.parse(text)))
  },
  arrow: {
    errors: ["FileFormatError"],
    draw: ofBytes(arrow, (bytes) => {
      const file = openTensors(memorySource(bytes))
      return [file.read(), file.items()]
    })
  },
  parquet: {
    errors: ["FileFormatError"],
    draw: ofBytes(parquet, (bytes) => openTable(memorySource(bytes)).readWithItems())
  }
}

/** One case of a target. @throws what the target may not throw */
export async function runCase(name: string, number: number): Promise<boolean> {
  const { errors, draw } = targets[name]!
  const work = draw(seededRandom("fuzz", name, number))
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof Error && errors.includes(error.name)) return false
    throw error
  }
}
