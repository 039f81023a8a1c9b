/** Reports how much each encoder supports, and which tokens belong to nothing. */
import { compareIds, type Loss, type Summary, type Table } from "../../src/index.ts"
import { objectId, sceneOrObjectId } from "../tables/ids.ts"
import { unmatched } from "../tables/joins.ts"
import { eachRow, rowsBy } from "../tables/readers.ts"
import { askedName, type SupportRow } from "../tables/support.ts"

type AnyTable = Pick<Table<any>, "batches" | "items">
interface Inputs {
  readonly scenes: AnyTable
  readonly tasks?: AnyTable | undefined
  readonly tokens: ReadonlyArray<AnyTable>
  readonly activations: ReadonlyArray<AnyTable>
}

/** For each encoder and selection; then ids that the scenes or the tokens lack. */
export async function* supportLosses(
  output: AnyTable,
  { scenes, tasks, tokens, activations }: Inputs,
  encoders: ReadonlyArray<string>
): AsyncGenerator<Loss> {
  const seen = new Set<string>()
  const columns = ["encoder", "selection", "task", "scene", "object", "reason"] as const
  for await (const row of eachRow(output, ...columns)) {
    const { task, scene, object, reason } = row as unknown as SupportRow
    const name = askedName(row as unknown as SupportRow)
    const kind = { what: `${task === null ? "objects" : "pairs"} with ${name}`, verb: "supported" }
    if (!seen.has(kind.what)) {
      seen.add(kind.what)
      yield { ...kind, reason: null, count: 0 }
    }
    yield { ...kind, reason, examples: [sceneOrObjectId(scene, object)] }
  }
  const counts = new Map<string, number>()
  for await (const { scene, objects } of eachRow(scenes, "objects")) counts.set(scene, objects.length)
  if (tasks !== undefined) {
    const ids: Array<string> = []
    for await (const { scene } of eachRow(tasks, "task")) ids.push(scene)
    yield* unmatched(compareIds(ids, counts.keys()), "scenes of the tasks", "no scene has this id")
  }
  for (const [i, encoder] of encoders.entries()) {
    yield* tokensOfNothing(tokens[i]!, encoder, counts)
    const compared = compareIds(await idsOf(activations[i]!), await idsOf(tokens[i]!))
    yield* unmatched(compared, `scenes of the activations of ${encoder}`, "its tokens have no such scene")
  }
}

/** Counts tokens of an unknown scene or object, which no question uses. */
async function* tokensOfNothing(
  tokens: AnyTable,
  encoder: string,
  counts: ReadonlyMap<string, number>
): AsyncGenerator<Loss> {
  const ids = await idsOf(tokens)
  yield* unmatched(
    compareIds(ids, counts.keys()),
    `scenes of the tokens of ${encoder}`,
    "no scene has this id"
  )
  const rows = rowsBy(tokens, "source", "object")
  for (const scene of ids) {
    const { source, object } = await rows.of(scene)
    const known = counts.get(scene)
    if (known === undefined) continue
    const unknown = object.filter((index, row) => source[row] === "object" && index >= known)
    for (const index of new Set(unknown))
      yield {
        what: `objects of the tokens of ${encoder}`,
        reason: "their scene has fewer objects (the first is object 0)",
        examples: [objectId(scene, index)]
      }
  }
  await rows.end()
}

async function idsOf(table: AnyTable): Promise<ReadonlyArray<string>> {
  const ids: Array<string> = []
  for await (const id of table.items()) ids.push(id)
  return ids
}

/** By encoder, selection and task; a column that is null everywhere is left out. */
export function supportSummary(rows: ReadonlyArray<SupportRow>): Summary {
  const counts = new Map<string, number>()
  const totals = new Map<string, number>()
  for (const { encoder, selection, task, reason } of rows) {
    const of = [encoder, selection, task]
    const [line, group] = [JSON.stringify([...of, reason]), JSON.stringify(of)]
    counts.set(line, (counts.get(line) ?? 0) + 1)
    totals.set(group, (totals.get(group) ?? 0) + 1)
  }
  const groups = [...totals.keys()]
  const lines = [...counts]
    .map(([key, count]) => {
      const [encoder, selection, task, reason] = JSON.parse(key) as [string, ...Array<string | null>]
      const group = JSON.stringify([encoder, selection, task])
      return { encoder, selection, task, reason, count, of: totals.get(group)!, at: groups.indexOf(group) }
    })
    // supported first, then the most frequent reason
    .sort((a, b) => a.at - b.at || Number(a.reason !== null) - Number(b.reason !== null) || b.count - a.count)
  const shown = (["selection", "task"] as const).filter((name) => rows.some((row) => row[name] !== null))
  return {
    title: "Support",
    columns: ["encoder", ...shown, "supported, or not because", "count", "of"],
    rows: lines.map((line) => [
      line.encoder,
      ...shown.map((name) => line[name] ?? null),
      line.reason ?? "supported",
      line.count,
      line.of
    ])
  }
}
