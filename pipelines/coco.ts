/**
 * Which category is the object? For any data set in COCO's layout and any vision transformer in ONNX:
 *
 *     npx probeline run pipelines/coco.ts -S annotations=instances_val2017.json -S images=val2017 \
 *       -S encoder=dinov2.onnx -S preset=dinov2
 *
 * The probes read the mean of the object's tokens, one of them, a random token of the image, and CLS, at every tap. The
 * table `examples` lists what was left out, and why.
 */
import { definePipeline, file, param } from "probeline"
import {
  aggregate,
  buildObjectMasks,
  chooseExamples,
  coco,
  extractActivations,
  fitProbes,
  listFits,
  onnx,
  presetParam,
  sampleScenes,
  selectTokens
} from "probeline/stages"

export default definePipeline("coco", {
  params: {
    annotations: param.file({ doc: "instances JSON in COCO's format" }),
    images: param.folder({ doc: "the folder of its images" }),
    captions: param.maybe(param.file(), { doc: "captions JSON in COCO's format" }),
    limit: param.maybe(param.int({ min: 1 }), { doc: "take so many images, in a stable seeded order" }),
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
    name: param.text({ default: "encoder", doc: "the encoder's name in the tables" }),
    taps: param.text({ default: "embed,block.*.resid_post", doc: "names or patterns, joined by commas" }),
    precision: param.choice(["float32", "float16"], {
      default: "float32",
      doc: "how activations are kept; float16 takes half the space"
    }),
    provider: param.choice(["cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"], {
      default: "cpu",
      doc: "what of onnxruntime computes (docs/providers.md)"
    }),
    minimum: param.int({ default: 20, min: 2, doc: "objects that a category needs" }),
    classes: param.int({ default: 20, min: 2, max: 20, doc: "categories at most, the largest first" }),
    cap: param.int({ default: 100, min: 2, doc: "objects of a category at most" }),
    seeds: param.int({ default: 1, min: 1, doc: "times that images are dealt to five folds" }),
    seed: param.int({ default: 7, doc: "of the sample, tokens and folds" })
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
    name,
    taps,
    precision,
    provider,
    minimum,
    classes,
    cap,
    seeds,
    seed
  }) => {
    const encoder = onnx(model, preset)
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
    const examples = chooseExamples("examples", {
      scenes,
      tokens,
      question: "category",
      minimum,
      classes,
      cap,
      seed
    })
    const fits = listFits("fits", { activations, question: "category" })
    const probes = [fitProbes("probes", { fits, activations, examples, encoder: name, seeds, seed })]
    return { examples, measures: aggregate("measures", { probes }) }
  }
})
