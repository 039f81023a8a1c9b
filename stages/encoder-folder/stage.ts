/**
 * `encoder-folder`: the encoders of a folder, each in `<key>/model.onnx`, by digest.
 *
 * Which encoders are compared decides which images all of them are asked about, so a pipeline names them, and one that is
 * missing is an error, never an encoder less. This node finds all missing ones at once, before anything runs.
 */
import { column, defineStage, one, param, StageError, type World } from "../../src/index.ts"

const modelOf = (folder: string, key: string) => `${folder}/${key}/model.onnx`

export const encoderFolder = defineStage.source("encoder-folder", {
  doc: "the encoders of a folder, each in <key>/model.onnx; names those that are missing",
  item: "encoder",
  params: {
    folder: param.folder(),
    keys: param.list(param.text(), { doc: "the encoders asked for" }),
    known: param.list(param.text(), { default: [], doc: "others that may be there, for the report" })
  },
  identity: async ({ folder: { path }, keys, known }, world) => {
    const present = await presentIn(path, [...new Set([...keys, ...known])], world)
    const absent = keys.filter((key) => !present.includes(key))
    if (absent.length > 0) throw absentEncoders(path, absent, present)
    return {}
  },
  output: one({
    sha256: column.utf8(),
    /** size of model.onnx */
    bytes: column.float64()
  }),
  compute: async function* ({ folder: { path }, keys, known }, world, context) {
    context.lost({ what: "encoders", reason: null, count: keys.length, verb: "asked" })
    const others = known.filter((key) => !keys.includes(key))
    const present = await presentIn(path, others, world)
    for (const key of others)
      context.lost({
        what: "encoders",
        reason: present.includes(key) ? "in the folder, but not asked for" : "not in the folder",
        examples: [key]
      })
    for (const key of keys) {
      const model = await world.file(modelOf(path, key))
      if (model === null) throw absentEncoders(path, [key], [])
      yield { id: key, sha256: model.sha256, bytes: model.size }
    }
  }
})

/** By listing, which is recorded and reads no weights. */
async function presentIn(
  folder: string,
  keys: ReadonlyArray<string>,
  world: World
): Promise<ReadonlyArray<string>> {
  const found = new Set((await world.list(folder)) ?? [])
  const present: Array<string> = []
  for (const key of keys)
    if (found.has(key) && (await world.list(`${folder}/${key}`))?.includes("model.onnx") === true)
      present.push(key)
  return present
}

const absentEncoders = (folder: string, absent: ReadonlyArray<string>, present: ReadonlyArray<string>) =>
  new StageError(
    `${folder} has no model.onnx of ${absent.join(", ")}; it has ${present.length === 0 ? "none that is known" : present.join(", ")}`,
    {
      field: "folder",
      hint: `put each in <key>/model.onnx${present.length === 0 ? "" : `, or run those that are there (${present.join(",")})`}`
    }
  )
