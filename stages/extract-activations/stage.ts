/** `extract-activations`: reads an encoder's taps at the selected tokens, item by item. */
import { defineStage, each, group, param, rows } from "../../src/index.ts"
import { following, pickColumns, rowsBy } from "../tables/readers.ts"
import { sceneColumns } from "../tables/scenes.ts"
import { tokenColumns } from "../tables/tokens.ts"
import { encoderParam, resolveWithWorld } from "../vision/encoder.ts"
import { providers, type Provider } from "../onnx/providers.ts"
import { extractedColumns } from "./activation-rows.ts"
import { encoderIdentity } from "./encoder-digest.ts"
import { Extractor } from "./extractor.ts"
import { precisions, type Precision } from "./precision.ts"
import { samePixels } from "./same-pixels.ts"
import { createRequire } from "node:module"

export const extractActivations = defineStage.itemwise("extract-activations", {
  doc: "an encoder's activations at the selected tokens, for every tap",
  inputs: {
    scenes: each(pickColumns(sceneColumns, "image")),
    tokens: group(tokenColumns)
  },
  params: {
    encoder: encoderParam,
    taps: param.text({
      default: "embed,block.*.resid_post",
      doc: "names or patterns, separated by commas: embed, block.{6,9,11}.resid_post, final.norm"
    }),
    precision: param.choice(precisions, {
      default: "float32",
      doc: "how activations are stored: float16 takes half the space; an item with values beyond its range fails"
    }),
    provider: param.choice(providers, {
      default: "cpu",
      doc: "onnxruntime's execution provider; docs/providers.md lists what each needs"
    })
  },
  isolate: true,
  chunk: 16,
  itemSeconds: 120,
  identity: async ({ encoder, provider, precision }, world) => {
    const resolved = await resolveWithWorld(encoder, world)
    const digests: Array<string> = []
    for (const file of [resolved.model, ...resolved.dataFiles]) {
      const found = await world.file(file)
      if (found === null) throw new Error(`${resolved.model}: its weights file ${file} is missing`)
      digests.push(found.sha256)
    }
    return {
      encoder: encoderIdentity(encoder, resolved, digests),
      environment: runtimeEnvironment(provider, precision),
      about: { encoder: resolved.origin }
    }
  },
  output: rows(extractedColumns),
  rowKey: ["selection", "task", "source", "object", "token"],
  losses: async function* ({ output, inputs: { scenes, tokens } }) {
    yield { what: "scenes", reason: null, count: 0 }
    const isDone = following(output.items())
    const selected = rowsBy(tokens, "object")
    for await (const scene of tokens.items()) {
      const { object } = await selected.of(scene)
      if (!(await isDone.of(scene))) continue
      yield object.length > 0
        ? { what: "scenes", reason: null }
        : { what: "scenes", reason: "no token was selected in them", examples: [scene] }
    }
    await Promise.all([isDone.end(), selected.end()])
    const same = await samePixels(output, scenes)
    if (same.count > 0)
      yield {
        what: "image files with the same pixels as another file",
        reason: "they count as different images: give their scenes the same image_group if they are one",
        ...same
      }
  },
  open: (params) => Extractor.open(params),
  compute: (items, { resource }, context) => resource.extract(items, context)
})

interface RuntimeEnvironment {
  readonly onnxruntime: string
  readonly provider: Provider
  readonly precision: Precision
}

/**
 * A session gets the requested provider or fails, so this is the provider that computes (docs/providers.md). Reads
 * the package's version without loading native code.
 */
export function runtimeEnvironment(provider: Provider, precision: Precision): RuntimeEnvironment {
  const require = createRequire(import.meta.url)
  const { version } = require("onnxruntime-node/package.json") as { readonly version: string }
  return { onnxruntime: version, provider, precision }
}
