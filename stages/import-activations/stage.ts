/** `import-activations`: reads activations that were computed elsewhere, instead of `extract-activations`. */
import { column, defineStage, param, rows, type World } from "../../src/index.ts"
import { activationColumns } from "../tables/activations.ts"
import { fileText, NotUtf8 } from "../../src/support/utf8.ts"
import { type Entry, ImportError, labelKey } from "./entry.ts"
import type { ImportManifest } from "./manifest.ts"
import { TensorReader, type Vector } from "./tensor-reader.ts"

export const importActivations = defineStage.source("import-activations", {
  doc: "activations computed elsewhere, in .npy or .safetensors files listed by a manifest",
  item: "scene",
  params: {
    manifest: param.file({ doc: "a JSON manifest, beside the files that it lists (docs/import.md)" })
  },
  output: rows({
    ...activationColumns,
    /** if the manifest names it */
    image: column.nullable(column.file())
  }),
  rowKey: ["selection", "task", "source", "object", "token"],
  compute: async function* ({ manifest: { path: file } }, world, context) {
    const manifest = await readManifest(file, world)
    const reader = new TensorReader((name) => world.open(name), manifest.rows)
    const scenes = byId(manifest.entries)
    let done = 0
    try {
      for (const [id, entries] of scenes) {
        context.signal.throwIfAborted()
        const found = []
        for (const entry of entries) found.push(...(await rowsOf(entry, manifest, reader, world)))
        yield { id, rows: found }
        context.progress(++done, scenes.size)
      }
    } finally {
      reader.close()
    }
  }
})

async function readManifest(file: string, world: World): Promise<ImportManifest> {
  const bytes = await world.readIfPresent(file)
  if (bytes === null)
    throw new ImportError(
      file,
      null,
      "there is no such file",
      "check the path: in a pipeline file, paths are relative to that file"
    )
  const { parseManifest } = await import("./manifest.ts")
  return parseManifest(file, textOf(file, bytes), async (name) => {
    const bytes = await world.readIfPresent(name)
    return bytes === null ? null : textOf(name, bytes)
  })
}

function textOf(file: string, bytes: Uint8Array): string {
  try {
    return fileText(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    throw new ImportError(file, `line ${error.line}`, error.message, error.hint, error)
  }
}

/** Entries by scene, both in the manifest's order; a scene has one vector per token. */
function byId(entries: ReadonlyArray<Entry>): ReadonlyMap<string, ReadonlyArray<Entry>> {
  const scenes = new Map<string, Array<Entry>>()
  const seen = new Map<string, string>()
  for (const entry of entries) {
    for (const label of entry.tokens) {
      const key = JSON.stringify([entry.id, labelKey(label)])
      const before = seen.get(key)
      if (before !== undefined)
        throw new ImportError(
          entry.file,
          entry.field,
          `item "${entry.id}" already has token ${labelKey(label)}, from ${before}`,
          "give each vector its own token, source or object"
        )
      seen.set(key, entry.field)
    }
    const scene = scenes.get(entry.id)
    if (scene === undefined) scenes.set(entry.id, [entry])
    else scene.push(entry)
  }
  return scenes
}

async function rowsOf(entry: Entry, { taps }: ImportManifest, reader: TensorReader, world: World) {
  const image = entry.image === null ? null : await world.file(entry.image)
  if (entry.image !== null && image === null)
    throw new ImportError(
      entry.file,
      entry.field,
      `there is no image ${entry.image}`,
      "paths are relative to the manifest"
    )
  const byTap: Array<readonly [tap: string, vectors: ReadonlyArray<Vector>]> = []
  for (const tap of taps) byTap.push([tap, await reader.read(entry, tap)])
  return entry.tokens.map((label, i) => ({
    ...label,
    encoder_digest: null,
    blocks: null,
    image,
    activation: Object.fromEntries(byTap.map(([tap, vectors]) => [tap, vectors[i]!]))
  }))
}
