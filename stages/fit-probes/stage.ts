/** `fit-probes`: fits one probe for each fit of a list, and gives its out-of-fold predictions. */
import { defineStage, each, failed, member, one, param, StageError, whole } from "../../src/index.ts"
import { activationNameColumns, type ActivationNames, readActivationNames } from "../tables/activations.ts"
import { exampleColumns, readExamples } from "../tables/examples.ts"
import { fitColumns, fitNameColumns, probeNames } from "../tables/fits.ts"
import { fitOne, type Prepared } from "./fit-one.ts"
import { probeLosses, refuseDisjoint } from "./losses.ts"
import { probeOf } from "./probes/probes.ts"
import { askedOf, ofEncoder, Questions, strata } from "./questions.ts"
import { splitImages, splitParam } from "./splits/splits.ts"
// last, because the order of modules is part of a stage's code
import { accuracyThresholds } from "../verdicts/margins.ts"
import { comparePredictions } from "./compare.ts"

export const fitProbes = defineStage.itemwise("fit-probes", {
  doc: "fit a perceptron or L2 logistic regression for each fit of a list, on splits grouped by image",
  inputs: {
    fits: each(fitNameColumns),
    activations: whole(activationNameColumns),
    activation: member("activation", { of: "activations", by: "fits.tap" }),
    examples: whole(exampleColumns)
  },
  params: {
    encoder: param.text({ doc: "the encoder's name in the tables" }),
    split: splitParam,
    random_state: param.int({
      default: 0,
      min: 0,
      max: 2 ** 32 - 1,
      doc: "scikit-learn's random_state of a Perceptron, which seeds its shuffles"
    }),
    keep: param.choice(["nothing", "weights"], {
      default: "nothing",
      doc: "weights: also store each split's scaler and coefficients, as safetensors"
    })
  },
  isolate: true,
  // a fit may take minutes, and a kill loses the fits of a call
  chunk: 1,
  output: one(fitColumns),
  losses: ({ output, inputs, params }) => probeLosses(output, inputs, params),
  compare: {
    thresholds: accuracyThresholds,
    artifacts: comparePredictions
  },
  open: async ({ encoder, split }, _context, { activations, examples }): Promise<Prepared> => {
    const asked = askedOf(await readExamples(examples))
    const tokens = await readActivationNames(activations)
    await refuseDisjoint(activations, tokens, ofEncoder(asked, encoder))
    const kept = asked.filter(({ left_out }) => left_out === null)
    return {
      questions: new Questions(asked, tokens, encoder),
      splitting: await splitImages(split, {
        images: strata(asked),
        scenes: new Map(kept.map(({ scene, image }) => [scene, image]))
      }),
      encoder: encoderOf(tokens)
    }
  },
  compute: (items, { params, resource }, context) =>
    Promise.all(
      items.map(({ fits, activation }) => {
        const probe = probeOf(fits.probe)
        return probe === undefined
          ? failed(`its probe, ${JSON.stringify(fits.probe)}, is none of ${probeNames.join(", ")}`)
          : fitOne(probe, fits, activation, params, resource, context)
      })
    )
})

/** @throws StageError if the activations are of several encoders */
function encoderOf({ encoder_digest, blocks, scene }: ActivationNames): Prepared["encoder"] {
  const [digest = null, count = null] = [encoder_digest[0], blocks[0]]
  const other = scene.findIndex((_, row) => encoder_digest[row] !== digest || blocks[row] !== count)
  if (other < 0) return { encoder_digest: digest, blocks: count }
  throw new StageError(
    `the activations are of several encoders: scene ${scene[0]} has encoder_digest ${digest} and ${count} blocks, scene ${scene[other]} ${encoder_digest[other]} and ${blocks[other]}`,
    { field: "activations", hint: "give each encoder a node of its own" }
  )
}
