/**
 * The experiment of arXiv 2406.09067 on paired objects, twice: as it was published, and mended.
 *
 *     npx probeline run pipelines/paired-objects.ts -S annotations=instances_train2017.json -S images=train2017 \
 *       -S encoders=encoders -S only=vit,clip,dinov2
 *
 * `encoders` is a folder with `<key>/model.onnx` for each key in `only`. docs/paired-objects.md says how to export the
 * eight, what each table means, and what cannot be known.
 */
import { definePipeline, file, param } from "probeline"
import {
  addImageMean,
  aggregate,
  assignTasks,
  balanceExamples,
  baselineActivations,
  buildObjectMasks,
  chooseExamples,
  chooseTap,
  coco,
  encoderFolder,
  extractActivations,
  findSupport,
  fitProbes,
  holdout,
  kfold,
  listFits,
  paperMeasures,
  plainAccuracies,
  publishedCheck,
  publishedResults,
  sampleScenes,
  scoreProbes,
  selectTokens,
  taskList
} from "probeline/stages"
import { encoderKeys, encodersIn, publishedEncoders } from "./paper/encoders.ts"
import { pairedTasks } from "./paper/tasks.ts"

export default definePipeline("paired-objects", {
  params: {
    annotations: param.file({ doc: "instances JSON in COCO's format (the paper: instances_train2017.json)" }),
    images: param.folder({ doc: "the folder of its images" }),
    tasks: param.file({
      default: file("./paper/paired_tasks.csv"),
      doc: "CSV: task, primary, secondary, image_id; default: the paper's list"
    }),
    missing: param.choice(["error", "skip"], {
      default: "error",
      doc: "rows of the list that the annotations cannot serve: an error, or left out and counted"
    }),
    skip_bad_images: param.bool({
      default: false,
      doc: "leave out images that cannot be read, and count them"
    }),
    limit: param.maybe(param.int({ min: 1 }), { doc: "maximum number of images, for a trial" }),
    encoders: param.folder({ doc: "the folder of encoders, each in <key>/model.onnx" }),
    only: param.list(param.choice(encoderKeys), {
      default: encoderKeys,
      doc: "the encoders to compare, joined by commas; one that the folder lacks is an error"
    }),
    task_names: param.list(param.text(), {
      default: pairedTasks.map(({ task }) => task),
      doc: "the tasks in the list to ask about"
    }),
    selections: param.list(param.choice(["as-published", "centre", "aligned"]), {
      default: ["as-published", "centre", "aligned"],
      doc: "of the mended part: how masks become patches"
    }),
    comparisons: param.list(param.choice(["background", "near", "reverse"]), {
      default: ["background", "near", "reverse"],
      doc: "of the mended part: what an object's tokens are compared with (docs/measures.md)"
    }),
    taps: param.text({ default: "embed,block.*.resid_post", doc: "names or patterns, joined by commas" }),
    as_published: param.bool({ default: true, doc: "repeat the published procedure" }),
    random_states: param.list(param.int({ min: 0 }), {
      default: [0],
      doc: "as published: random_state of the Perceptron; with several, the comparison with the published numbers knows the probe's seed"
    }),
    mended: param.bool({ default: true, doc: "logistic regression, 5 × 5 folds, examples in common" }),
    baselines: param.bool({
      default: true,
      doc: "mended: also position and size, mean colour, and the mean of all patches"
    }),
    random: param.int({
      default: 0,
      min: 0,
      max: 9,
      doc: "mended: encoders with initial weights beside each, in <key>-random-0, <key>-random-1 …"
    }),
    seeds: param.int({ default: 5, min: 1, doc: "mended: number of random 5-fold partitions" }),
    seed: param.int({ default: 0, doc: "random seed of tokens, splits and balance" })
  },
  graph: (given) => {
    const {
      annotations,
      images,
      comparisons,
      tasks: list,
      missing,
      limit,
      skip_bad_images,
      taps,
      seed
    } = given
    const asked = encodersIn(given.encoders, given.only, given.random)
    const ready = encoderFolder("encoders", {
      folder: given.encoders,
      keys: asked.map(({ name }) => name),
      known: encoderKeys
    })
    const scenes = sampleScenes("scenes", {
      source: coco({ annotations, images, tasks: list, missing, limit, skip_bad_images, seed })
    })
    const tasks = assignTasks("tasks", { scenes, tasks: taskList(list, { missing }) })
    // the published masks serve both parts, and each image runs through an encoder once
    const made = [
      ...new Set([...(given.as_published ? (["as-published"] as const) : []), ...given.selections])
    ]
    const runs = asked.map(({ name, encoder, isRandom, publishedGrid: grid }) => {
      const masks = buildObjectMasks(`masks/${name}`, { scenes, encoder, selections: made, grid })
      const selected = selectTokens(`tokens/${name}`, {
        masks,
        scenes,
        tasks,
        encoder,
        of: "pair",
        comparisons,
        seed
      })
      const tokens = given.baselines
        ? addImageMean(`tokens/all/${name}`, { tokens: selected, encoder })
        : selected
      const activations = extractActivations(`activations/${name}`, { scenes, tokens, encoder, taps })
      return { name, encoder, isRandom, tokens, activations }
    })
    const support = findSupport("support", {
      scenes,
      tasks,
      tokens: runs.map(({ tokens }) => tokens),
      activations: runs.map(({ activations }) => activations),
      encoders: runs.map(({ name }) => name),
      of: "pair"
    })

    const published = publishedResults("published", {
      file: file("./paper/published_paired.csv"),
      encoders: publishedEncoders,
      tasks: pairedTasks
    })
    const reference = {
      encoders: ready,
      published: paperMeasures("published/measures", { accuracies: published })
    }

    const asPublished = () => {
      // each encoder is asked about what its own masks leave, as the paper did
      const own = chooseExamples("as-published/support", {
        scenes,
        tasks,
        support,
        question: "pair",
        examples: "own"
      })
      // a tenth is the test part; a tenth of the rest was set aside for validation, and not used
      const examples = balanceExamples("as-published/examples", { examples: own, unused: 0.09, seed })
      const trained = runs.filter(({ isRandom }) => !isRandom)
      const perceptrons = trained.map(({ name, activations }) => {
        const fits = listFits(`as-published/fits/${name}`, {
          activations,
          question: "pair",
          tasks: given.task_names,
          selections: ["as-published"],
          comparisons: [],
          probes: ["perceptron"],
          // the published layers are blocks
          taps: "block.*.resid_post"
        })
        return { name, activations, fits }
      })
      const accuracies = [...new Set(given.random_states)].map((random_state) =>
        plainAccuracies(`as-published/accuracies/${random_state}`, {
          fits: perceptrons.map(({ name, activations, fits }) =>
            fitProbes(`as-published/probes/${random_state}/${name}`, {
              fits,
              activations,
              examples,
              encoder: name,
              split: holdout({ test: 0.1 / 0.91, seed }),
              random_state
            })
          )
        })
      )
      return {
        as_published: paperMeasures("as-published/measures", { accuracies: accuracies[0]! }),
        published_check: publishedCheck("published/check", { published, runs: accuracies })
      }
    }

    const mended = () => {
      const examples = chooseExamples("examples", { scenes, tasks, support, question: "pair" })
      const split = kfold({ seeds: given.seeds, seed })
      const asking = {
        question: "pair",
        tasks: given.task_names,
        selections: given.selections,
        comparisons,
        probes: ["logistic"],
        other_tokens: given.baselines ? [{ token: "avg_all", source: "image" }] : []
      } as const
      const fitted = runs.map(({ name, activations }) => {
        const fits = listFits(`fits/${name}`, { activations, ...asking })
        const probes = fitProbes(`probes/${name}`, { fits, activations, examples, encoder: name, split })
        return { name, probes, chosen: chooseTap(`chosen/${name}`, { fits: probes }) }
      })
      // random weights share their encoder's grid, and with it these baselines
      const without = runs.filter(({ isRandom }) => given.baselines && !isRandom)
      const baselines = without.map(({ name, encoder, tokens }) => {
        const activations = baselineActivations(`baselines/activations/${name}`, { scenes, tokens, encoder })
        const fits = listFits(`baselines/fits/${name}`, { activations, ...asking, other_tokens: [] })
        return scoreProbes(`baselines/scores/${name}`, {
          fits: fitProbes(`baselines/probes/${name}`, {
            fits,
            activations,
            examples,
            encoder: `${name}-baseline`,
            split
          })
        })
      })
      return {
        chosen: fitted.map(({ chosen }) => chosen),
        measures: aggregate("measures", {
          scores: [
            ...fitted.map(({ name, chosen }) => scoreProbes(`scores/chosen/${name}`, { fits: chosen })),
            ...baselines,
            ...fitted.map(({ name, probes }) => scoreProbes(`scores/${name}`, { fits: probes }))
          ]
        })
      }
    }
    return {
      ...reference,
      ...(given.as_published ? asPublished() : {}),
      ...(given.mended ? mended() : {})
    }
  }
})
