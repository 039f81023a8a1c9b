/**
 * The quickstart: what do the tokens of ViT, CLIP, BLIP and FLAVA know about the two main objects of a scene?
 *
 * It needs no data: it renders the scenes, and four small encoders are beside this file, each trained with its family's
 * own objective on such scenes (see their cards). `pipelines/coco.ts` runs on real photographs.
 */
import { definePipeline, param } from "probeline"
import {
  aggregate,
  buildObjectMasks,
  chooseExamples,
  extractActivations,
  fitProbes,
  listFits,
  onnx,
  sampleScenes,
  selectTokens,
  synthetic
} from "probeline/stages"

export default definePipeline("quickstart", {
  params: {
    scenes: param.int({ default: 400, min: 40, doc: "scenes to render" }),
    seed: param.int({ default: 7, doc: "of scenes, tokens and folds" })
  },
  graph: ({ scenes: count, seed }) => {
    const scenes = sampleScenes("scenes", { source: synthetic({ count, seed }) })
    const probes = ["vit", "clip", "blip", "flava"].map((name) => {
      const encoder = onnx(`./quickstart/${name}/model.onnx`)
      const masks = buildObjectMasks(`masks/${name}`, { scenes, encoder })
      const tokens = selectTokens(`tokens/${name}`, { masks, scenes, encoder, of: "pair", seed })
      const activations = extractActivations(`activations/${name}`, { scenes, tokens, encoder })
      const examples = chooseExamples(`examples/${name}`, { scenes, tokens, question: "pair" })
      const fits = listFits(`fits/${name}`, { activations, question: "pair" })
      return fitProbes(`probes/${name}`, { fits, activations, examples, encoder: name, seeds: 1, seed })
    })
    return { measures: aggregate("measures", { probes }) }
  }
})
