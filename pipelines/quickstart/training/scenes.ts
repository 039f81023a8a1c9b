/** The scenes that the quickstart's encoders were trained on, and those on which they were scored: see train.py. */
import { definePipeline, param } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"

export default definePipeline("quickstart-training", {
  params: {
    train: param.int({ default: 20_000, min: 1, doc: "scenes to train on" }),
    held_out: param.int({ default: 1_000, min: 1, doc: "scenes to score on" })
  },
  // neither seed is the quickstart's own (7): no encoder has seen a scene that it is probed on
  graph: ({ train, held_out }) => ({
    train: sampleScenes("train", { source: synthetic({ count: train, seed: 1001 }) }),
    held_out: sampleScenes("held-out", { source: synthetic({ count: held_out, seed: 1002 }) })
  })
})
