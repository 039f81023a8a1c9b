/**
 * The quickstart: what do the tokens of ViT, CLIP, BLIP and FLAVA know about the two main objects of a scene?
 *
 * It needs no data: it renders the scenes, and four small encoders are beside this file, each trained with its family's
 * own objective on such scenes (see their cards). `pipelines/coco.ts` runs on real photographs.
 */
import { definePipeline, param } from "probeline"
import {
  aggregate,
  assignTasks,
  buildObjectMasks,
  chooseExamples,
  extractActivations,
  findSupport,
  fitProbes,
  kfold,
  listFits,
  onnx,
  sampleScenes,
  scoreProbes,
  selectTokens,
  synthetic,
  syntheticTask,
  taskRules
} from "probeline/stages"

const names = ["vit", "clip", "blip", "flava"]

export default definePipeline("quickstart", {
  params: {
    scenes: param.int({ default: 400, min: 40, doc: "scenes to render" }),
    seeds: param.int({
      default: 1,
      min: 1,
      doc: "number of random 5-fold partitions; 5 give intervals about half as wide"
    }),
    seed: param.int({ default: 7, doc: "random seed of scenes, tokens and folds" })
  },
  graph: ({ scenes: count, seeds, seed }) => {
    const scenes = sampleScenes("scenes", { source: synthetic({ count, seed }) })
    const tasks = assignTasks("tasks", { scenes, tasks: taskRules([syntheticTask]) })
    const encoders = names.map((name) => {
      const encoder = onnx(`./quickstart/${name}/model.onnx`)
      const masks = buildObjectMasks(`masks/${name}`, { scenes, encoder })
      const tokens = selectTokens(`tokens/${name}`, { masks, scenes, tasks, encoder, of: "pair", seed })
      const activations = extractActivations(`activations/${name}`, { scenes, tokens, encoder })
      return { name, tokens, activations }
    })
    // all encoders are asked about the same scenes
    const support = findSupport("support", {
      scenes,
      tasks,
      tokens: encoders.map(({ tokens }) => tokens),
      activations: encoders.map(({ activations }) => activations),
      encoders: names,
      of: "pair"
    })
    const examples = chooseExamples("examples", { scenes, tasks, support, question: "pair" })
    const scores = encoders.map(({ name, activations }) => {
      const fits = listFits(`fits/${name}`, {
        activations,
        question: "pair",
        tasks: [syntheticTask.task],
        probes: ["logistic"]
      })
      const split = kfold({ seeds, seed })
      const probes = fitProbes(`probes/${name}`, { fits, activations, examples, encoder: name, split })
      return scoreProbes(`scores/${name}`, { fits: probes })
    })
    return { measures: aggregate("measures", { scores }) }
  }
})
