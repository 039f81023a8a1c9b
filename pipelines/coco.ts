/**
 * Which category is the object? For any data set in COCO's layout and any vision transformer in ONNX:
 *
 *     npx probeline run pipelines/coco.ts -S annotations=instances_val2017.json -S images=val2017 \
 *       -S encoder=dinov2.onnx -S preset=dinov2
 *
 * The probes read the mean of the object's tokens, one of them, a random token of the image, and CLS, at every tap. The
 * table `examples` lists what was left out, and why.
 *
 * `-S presence=person` also asks, of the tokens of all other objects and of the background: is there a person in the
 * image?
 */
import { definePipeline, file, param } from "probeline"
import {
  aggregate,
  buildObjectMasks,
  chooseExamples,
  coco,
  extractActivations,
  findSupport,
  fitProbes,
  kfold,
  listFits,
  onnx,
  preprocessorParam,
  presetParam,
  sampleScenes,
  scoreProbes,
  selectTokens
} from "probeline/stages"

export default definePipeline("coco", {
  params: {
    annotations: param.file({ doc: "instances JSON in COCO's format" }),
    images: param.folder({ doc: "the folder of its images" }),
    captions: param.maybe(param.file(), { doc: "captions JSON in COCO's format" }),
    limit: param.maybe(param.int({ min: 1 }), {
      doc: "maximum number of images, the first in a stable seeded order"
    }),
    skip_degenerate: param.bool({ default: false, doc: "leave out objects with degenerate polygons" }),
    skip_bad_images: param.bool({
      default: false,
      doc: "leave out images that are missing, empty, unreadable or of another size, as their headers tell"
    }),
    encoder: param.file({
      default: file("./quickstart/vit/model.onnx"),
      doc: "a vision transformer in ONNX"
    }),
    preset: presetParam,
    preprocessor: preprocessorParam,
    name: param.text({ default: "encoder", doc: "the encoder's name in the tables" }),
    taps: param.text({ default: "embed,block.*.resid_post", doc: "names or patterns, joined by commas" }),
    precision: param.choice(["float32", "float16"], {
      default: "float32",
      doc: "how activations are kept; float16 takes half the space"
    }),
    provider: param.choice(["cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"], {
      default: "cpu",
      doc: "onnxruntime execution provider (docs/providers.md)"
    }),
    minimum: param.int({ default: 20, min: 2, doc: "minimum number of images of a category" }),
    classes: param.int({ default: 20, min: 2, doc: "maximum number of categories, the largest first" }),
    cap: param.int({ default: 100, min: 2, doc: "maximum number of objects of a category" }),
    presence: param.maybe(param.text(), {
      doc: "a category, such as person: asks other objects' tokens whether the image has one"
    }),
    seeds: param.int({ default: 5, min: 1, doc: "number of random 5-fold partitions" }),
    seed: param.int({ default: 7, doc: "random seed of the sample, tokens and folds" })
  },
  graph: ({
    annotations,
    images,
    captions,
    limit,
    skip_degenerate,
    skip_bad_images,
    encoder: model,
    preset,
    preprocessor,
    name,
    taps,
    precision,
    provider,
    minimum,
    classes,
    cap,
    presence,
    seeds,
    seed
  }) => {
    const encoder = onnx(model, { preset, preprocessor })
    const scenes = sampleScenes("scenes", {
      source: coco({ annotations, images, captions, limit, skip_degenerate, skip_bad_images, seed })
    })
    const masks = buildObjectMasks("masks", { scenes, encoder })
    const tokens = selectTokens("tokens", { masks, scenes, encoder, of: "objects", seed })
    const activations = extractActivations("activations", {
      scenes,
      tokens,
      encoder,
      taps,
      precision,
      provider
    })
    const support = findSupport("support", {
      scenes,
      tokens: [tokens],
      activations: [activations],
      encoders: [name],
      of: "objects"
    })
    const split = kfold({ seeds, seed })
    const examples = chooseExamples("examples", {
      scenes,
      support,
      question: "category",
      minimum,
      classes,
      cap,
      seed
    })
    const fits = listFits("fits", { activations, question: "category" })
    const probes = fitProbes("probes", { fits, activations, examples, encoder: name, split })
    const scores = [scoreProbes("scores", { fits: probes })]
    if (presence === null) return { examples, measures: aggregate("measures", { scores }) }

    const asked = chooseExamples("presence/examples", {
      scenes,
      support,
      question: "presence",
      categories: [presence],
      cap: 1000,
      seed
    })
    const others = listFits("presence/fits", {
      activations,
      question: "presence",
      tasks: [presence],
      probes: ["logistic"]
    })
    const present = fitProbes("presence/probes", {
      fits: others,
      activations,
      examples: asked,
      encoder: name,
      split
    })
    scores.push(scoreProbes("presence/scores", { fits: present }))
    return { examples, measures: aggregate("measures", { scores }) }
  }
})
