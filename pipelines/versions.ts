/**
 * One encoder in several versions, to try `probeline diff` on (docs/versions.md):
 *
 *     npx probeline run pipelines/versions.ts --name original
 *     npx probeline run pipelines/versions.ts --name int8 -S encoder=int8
 *     npx probeline diff original int8
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

export default definePipeline("versions", {
  params: {
    encoder: param.choice(["original", "re-export", "float16", "int8", "fine-tuned"], {
      default: "original",
      doc: "the quickstart's ViT, or a version of it"
    }),
    resize: param.choice(["own", "crop"], {
      default: "own",
      doc: "the encoder's own preprocessing; or a resize to 96 pixels and the central 64"
    }),
    scenes: param.int({ default: 400, min: 40, doc: "scenes to render" }),
    seeds: param.int({ default: 3, min: 1, doc: "number of random 5-fold partitions" }),
    seed: param.int({ default: 7, doc: "random seed of the tokens and folds" })
  },
  graph: ({ encoder: version, resize, scenes: count, seeds, seed }) => {
    const model = version === "original" ? "./quickstart/vit/model.onnx" : `./versions/${version}/model.onnx`
    const encoder = onnx(model, { preprocessor: resize === "crop" ? "./versions/crop.json" : null })
    const scenes = sampleScenes("scenes", { source: synthetic({ count, seed: 7 }) })
    const tasks = assignTasks("tasks", { scenes, tasks: taskRules([syntheticTask]) })
    const masks = buildObjectMasks("masks", { scenes, encoder })
    const tokens = selectTokens("tokens", { masks, scenes, tasks, encoder, of: "pair", seed })
    const activations = extractActivations("activations", {
      scenes,
      tokens,
      encoder,
      taps: "embed,block.{1,3}.resid_post"
    })
    const support = findSupport("support", {
      scenes,
      tasks,
      tokens: [tokens],
      activations: [activations],
      encoders: ["vit"],
      of: "pair"
    })
    const examples = chooseExamples("examples", { scenes, tasks, support, question: "pair" })
    const fits = listFits("fits", {
      activations,
      question: "pair",
      tasks: [syntheticTask.task],
      probes: ["logistic"],
      tokens: "cls,avg_obj"
    })
    const split = kfold({ seeds, seed })
    const probes = fitProbes("probes", { fits, activations, examples, encoder: "vit", split })
    return { measures: aggregate("measures", { scores: [scoreProbes("scores", { fits: probes })] }) }
  }
})
