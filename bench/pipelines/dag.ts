/**
 * Many nodes: a few sources, and layers of whole stages with different parameters above them. Each stage reads two
 * nodes of the layer below. No two nodes are alike, so none shares another's trace or artifact.
 */
import { column, definePipeline, defineStage, many, param, table } from "probeline"

const numbers = { value: column.float64() }

export const seed = defineStage.source("seed", {
  item: "number",
  params: { value: param.int() },
  output: table(numbers),
  compute: async function* ({ value }) {
    yield { value }
  }
})

export const mix = defineStage.whole("mix", {
  inputs: { of: many(numbers) },
  params: { add: param.int() },
  output: table(numbers),
  compute: async ({ of }, { add }) => {
    let value = add
    for (const one of of) value += (await one.read("value")).value[0]! / 2
    return [{ value }]
  }
})

export default definePipeline("dag", {
  params: {
    nodes: param.int({ default: 10_000, min: 2 }),
    layers: param.int({ default: 100, min: 1, doc: "of whole stages, one above the other" })
  },
  graph: ({ nodes, layers }) => {
    const width = Math.ceil(nodes / (layers + 1))
    let below = Array.from({ length: width }, (_, i) => seed(`layer-000/${i}`, { value: i }))
    let left = nodes - width
    for (let layer = 1; left > 0; layer++) {
      const name = `layer-${String(layer).padStart(3, "0")}`
      const size = Math.min(width, left)
      const above: typeof below = Array.from({ length: size }, (_, i) =>
        mix(`${name}/${i}`, { of: [below[i]!, below[(i + 1) % below.length]!], add: layer * width + i })
      )
      left -= size
      below = above
    }
    return { top: below }
  }
})
