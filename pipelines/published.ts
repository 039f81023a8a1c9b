/**
 * The results of arXiv 2406.09067 as tables, for notebooks and comparisons. It needs no data:
 *
 *     npx probeline run pipelines/published.ts
 *
 * `published` has every accuracy, with the size of its test set and a binomial interval; `published/measures` the paper's
 * M1 and M2 of each encoder. docs/paired-objects.md says what is known of these numbers.
 */
import { definePipeline, file, param } from "probeline"
import { paperMeasures, publishedResults } from "probeline/stages"
import { publishedEncoders } from "./paper/encoders.ts"
import { pairedTasks } from "./paper/tasks.ts"

export default definePipeline("published", {
  params: {
    results: param.file({
      default: file("./paper/published_paired.csv"),
      doc: "CSV: encoder, task, layer, token, source_object, target, accuracy"
    })
  },
  graph: ({ results }) => {
    const published = publishedResults("published", {
      file: results,
      encoders: publishedEncoders,
      tasks: pairedTasks
    })
    return { published, measures: paperMeasures("published/measures", { accuracies: published }) }
  }
})
