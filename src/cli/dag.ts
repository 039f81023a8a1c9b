/** `dag`: shows a pipeline's graph without planning it. */
import { attemptAsync } from "../run/attempt.ts"
import { defineCommand } from "./command.ts"
import { dagDot, dagJson, dagMermaid } from "./dag-formats.ts"
import { dagText } from "./dag-text.ts"
import { openPipeline } from "../project/open-pipeline.ts"
import { pipelineWord, setOption } from "./shared-options.ts"

export const dagCommand = defineCommand({
  name: "dag",
  doc: "show a pipeline's graph and parameters",
  positionals: [pipelineWord],
  options: {
    ...setOption,
    format: { kind: "choice", of: ["text", "mermaid", "dot", "json"], doc: "default: text" }
  },
  examples: [
    ["dag pipelines/quickstart.ts", "nodes by level, and parameters"],
    ["dag pipelines/quickstart.ts --format mermaid", "for a README on GitHub"],
    ["dag pipelines/quickstart.ts --format dot | dot -Tsvg > dag.svg", "drawn by Graphviz"]
  ],
  run: ({ pipeline, set, format }, { output, json, store }) =>
    attemptAsync(async () => {
      const opened = await openPipeline(pipeline, { set, store, force: [], retryFailed: false })
      switch (json ? "json" : (format ?? "text")) {
        case "json":
          output.out(JSON.stringify(dagJson(opened)))
          break
        case "mermaid":
          output.out(dagMermaid(opened.graph))
          break
        case "dot":
          output.out(dagDot(opened.graph))
          break
        default:
          output.out(dagText(opened, output.paint))
      }
      return 0
    })
})
