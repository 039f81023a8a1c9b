/** `choose-examples`: chooses what is asked about, with which right answer, and why the rest is left out. */
import { defineStage, optional, param, StageError, table, whole } from "../../src/index.ts"
import { exampleColumns } from "../tables/examples.ts"
import { questions } from "../tables/questions.ts"
import { pickColumns } from "../tables/readers.ts"
import { readSceneTasks, askedTaskColumns } from "../tables/scene-tasks.ts"
import { sceneColumns } from "../tables/scenes.ts"
import { supportColumns } from "../tables/support.ts"
import { checkDrafts, checkExamples } from "./check-probes.ts"
import { categoryDrafts, pairDrafts, presenceDrafts } from "./draft.ts"
import { exampleLosses } from "./losses.ts"
import { exampleSummary } from "./summary.ts"
import { commonExamples, ownExamples, readSupport } from "./support.ts"

export const chooseExamples = defineStage.whole("choose-examples", {
  doc: "what is asked about, with which right answer, and why the rest is left out",
  inputs: {
    scenes: whole(pickColumns(sceneColumns, "image_group", "objects", "left_out")),
    tasks: optional(whole(askedTaskColumns)),
    support: whole(supportColumns)
  },
  params: {
    question: param.choice(questions, {
      doc: "category: the category of each object; pair: the primary and the secondary category of each task of each scene (needs `tasks`); presence: is there an object of a category in the image? asked of the objects of other categories"
    }),
    categories: param.list(param.text(), {
      default: [],
      doc: "for presence: the categories asked about; each is a task of its own"
    }),
    examples: param.choice(["common", "own"], {
      default: "common",
      doc: "common: encoders and selections are asked about the same, so what one lacks is left out for all; own: each is asked about what it supports. With a single encoder and selection, both choose the same examples"
    }),
    minimum: param.int({
      default: 20,
      min: 2,
      doc: "minimum number of images of a class; a class in fewer is left out (not for pair)"
    }),
    classes: param.int({
      default: 20,
      min: 2,
      doc: "maximum number of classes; those in the most images come first (not for pair)"
    }),
    cap: param.int({
      default: 100,
      min: 2,
      doc: "maximum number of objects in a class, so that none dominates; copies in scenes of one image count once (not for pair)"
    }),
    seed: param.int({ default: 0, doc: "seed for choosing the objects that a cap keeps" })
  },
  output: table(exampleColumns),
  rowKey: ["encoder", "selection", "scene", "object", "task", "target"],
  summary: exampleSummary,
  losses: ({ output, inputs, params }) => exampleLosses(output, inputs, params),
  compute: async (
    { scenes: sceneTable, tasks, support: supportTable },
    { question, categories, examples: mode, ...limits },
    { random }
  ) => {
    if (question !== "presence" && categories.length > 0)
      throw new StageError(`\`categories\` is for the question presence; this one is ${question}`, {
        field: "categories",
        hint: question === "pair" ? "the categories of pairs come from `tasks`" : "leave it out"
      })
    const { item, image_group, objects, left_out } = await sceneTable.read(
      "image_group",
      "objects",
      "left_out"
    )
    const scenes = item.map((scene, i) => ({
      scene,
      image_group: image_group[i]!,
      objects: objects[i]!,
      left_out: left_out[i]!
    }))
    // choose first, then look at the encoders: classes and caps must not depend on them
    const drafts =
      question === "pair"
        ? pairDrafts(scenes, await readSceneTasks(tasks, new Set(item)))
        : question === "category"
          ? categoryDrafts(scenes, limits, random)
          : presenceDrafts(scenes, categories, limits, random)
    checkDrafts(drafts, question)
    const support = await readSupport(supportTable, question === "pair" ? "pair" : "objects", item)
    const examples = mode === "common" ? commonExamples(drafts, support) : ownExamples(drafts, support)
    checkExamples(examples, drafts, support, mode)
    return examples
  }
})
