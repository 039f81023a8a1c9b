/** The scenes that trained and scored the quickstart's encoders: see train.py. */
import { definePipeline, param } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"

export default definePipeline("quickstart-training", {
  params: {
    train: param.int({ default: 20_000, min: 1, doc: "scenes to train on" }),
    held_out: param.int({ default: 1_000, min: 1, doc: "scenes to score on" })
  },
  // other seeds than the quickstart's (7), so no encoder was trained on a scene that probes use
  graph: ({ train, held_out }) => ({
    train: sampleScenes("train", { source: synthetic({ count: train, seed: 1001 }) }),
    held_out: sampleScenes("held-out", { source: synthetic({ count: held_out, seed: 1002 }) })
  })
})
