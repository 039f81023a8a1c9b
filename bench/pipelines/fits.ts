/**
 * Many fits: planted activations with any number of taps, tokens and widths, probed by `fit-probes`.
 *
 * Each scene has one token of each kind. Half of the scenes are cats, half are dogs; a kind's first number tells which,
 * the more clearly the deeper the tap.
 */
import { column, definePipeline, defineStage, group, normal, param, rows, table, whole } from "probeline"
import { aggregate, fitProbes, kfold, listFits, scoreProbes } from "probeline/stages"

const tokens = {
  selection: column.nullable(column.utf8()),
  task: column.nullable(column.utf8()),
  source: column.utf8(),
  object: column.int32(),
  token: column.utf8()
}
const anyRow = { selection: null, task: null }

export const plantedTokens = defineStage.source("planted-tokens", {
  item: "scene",
  params: { scenes: param.int(), kinds: param.int() },
  output: rows(tokens),
  compute: async function* ({ scenes, kinds }) {
    for (let scene = 0; scene < scenes; scene++)
      yield {
        id: String(scene),
        rows: Array.from({ length: kinds }, (_, kind) => ({
          ...anyRow,
          source: "image",
          object: -1,
          token: `kind-${kind}`
        }))
      }
  }
})

export const plantedActivations = defineStage.itemwise("planted-activations", {
  inputs: { tokens: group({ token: column.utf8() }) },
  params: { kinds: param.int(), taps: param.int(), width: param.int(), seed: param.int({ default: 0 }) },
  output: rows({
    ...tokens,
    encoder_digest: column.nullable(column.utf8()),
    blocks: column.nullable(column.int32()),
    activation: column.tensors("width")
  }),
  compute: (items, { params: { kinds, taps, width } }, context) =>
    items.map(({ id }) => {
      const random = context.random(id)
      const sign = Number(id) % 2 === 0 ? 1 : -1
      return Array.from({ length: kinds }, (_, kind) => ({
        ...anyRow,
        source: "image",
        object: -1,
        token: `kind-${kind}`,
        encoder_digest: null,
        blocks: null,
        activation: Object.fromEntries(
          Array.from({ length: taps }, (__, tap) => {
            const vector = Float32Array.from({ length: width }, () => normal(random))
            vector[0]! += (sign * tap) / taps
            return [`tap.${tap}`, vector]
          })
        )
      }))
    })
})

export const plantedExamples = defineStage.whole("planted-examples", {
  inputs: { tokens: whole({ token: column.utf8() }) },
  output: table({
    encoder: column.nullable(column.utf8()),
    selection: column.nullable(column.utf8()),
    scene: column.utf8(),
    image_group: column.utf8(),
    object: column.int32(),
    task: column.nullable(column.utf8()),
    target: column.utf8(),
    label: column.utf8(),
    cell: column.utf8(),
    left_out: column.nullable(column.utf8()),
    lacks: column.list(column.utf8())
  }),
  compute: async function* ({ tokens }) {
    for await (const scene of tokens.items()) {
      const label = Number(scene) % 2 === 0 ? "cat" : "dog"
      yield {
        encoder: null,
        ...anyRow,
        scene,
        image_group: scene,
        object: -1,
        target: "category",
        label,
        cell: label,
        left_out: null,
        lacks: []
      }
    }
  }
})

export default definePipeline("fits", {
  params: {
    scenes: param.int({ default: 40 }),
    kinds: param.int({ default: 100, doc: "tokens per scene" }),
    taps: param.int({ default: 50 }),
    width: param.int({ default: 8 })
  },
  graph: ({ scenes, kinds, taps, width }) => {
    const planted = plantedTokens("tokens", { scenes, kinds })
    const activations = plantedActivations("activations", { tokens: planted, kinds, taps, width })
    const examples = plantedExamples("examples", { tokens: planted })
    const other_tokens = Array.from({ length: kinds }, (_, kind) => ({
      token: `kind-${kind}`,
      source: "image"
    }))
    const fits = listFits("fits", { activations, question: "category", tokens: "kind-*", other_tokens })
    const split = kfold({ seeds: 1 })
    const probes = fitProbes("probes", { fits, activations, examples, encoder: "planted", split })
    return { measures: aggregate("measures", { scores: [scoreProbes("scores", { fits: probes })] }) }
  }
})
