/** The summary of examples: what was kept, and what was left out for which reason. */
import type { Summary } from "../../src/index.ts"
import type { Example } from "../tables/examples.ts"
import { askedName } from "../tables/support.ts"
import { exclusionReason } from "./losses.ts"

/** The columns `encoder` and `task` are there where they tell rows apart. */
export function exampleSummary(rows: ReadonlyArray<Example>): Summary {
  const counts = new Map<string, { count: number; readonly images: Set<string> }>()
  const [encoders, tasks] = [new Set<string>(), new Set<string>()]
  for (const { encoder, selection, task, target, left_out, image_group } of rows) {
    const name = encoder === null ? "" : askedName({ encoder, selection })
    encoders.add(name)
    tasks.add(task ?? "")
    const key = JSON.stringify([name, task ?? "", target, exclusionReason(left_out)])
    const of = counts.get(key) ?? { count: 0, images: new Set() }
    counts.set(key, of)
    of.count++
    of.images.add(image_group)
  }
  const [hasEncoders, hasTasks] = [encoders.size > 1, tasks.size > 1]
  const places = new Map(
    [...encoders]
      .flatMap((encoder) => [...tasks].map((task) => [encoder, task] as const))
      .map((key, i) => [JSON.stringify(key), i])
  )
  const lines = Array.from(counts, ([key, { count, images }]) => {
    const [encoder, task, target, reason] = JSON.parse(key) as [string, string, string, string | null]
    const place = places.get(JSON.stringify([encoder, task]))!
    return { encoder, task, target, fate: reason ?? "kept", count, images: images.size, place }
  })
  return {
    title: "Examples",
    columns: [
      ...(hasEncoders ? ["encoder"] : []),
      ...(hasTasks ? ["task"] : []),
      "target",
      "kept, or left out because",
      "examples",
      "images"
    ],
    rows: lines
      .sort((a, b) => a.place - b.place || b.count - a.count)
      .map(({ encoder, task, target, fate, count, images }) => [
        ...(hasEncoders ? [encoder] : []),
        ...(hasTasks ? [task] : []),
        target,
        fate,
        count,
        images
      ])
  }
}
