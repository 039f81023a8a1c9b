/**
 * The picture of a run: the main figure of its first output that has one, as `runs/<run>/figures/<figure>.svg`.
 *
 * Drawing takes up to a second, loading Vega included, so the store's cache keeps the picture of an artifact: a run that
 * computed nothing draws nothing.
 */
import * as path from "node:path"
import type { HookContext } from "../inspect/hook-tables.ts"
import { artifactsOf, askHook } from "../inspect/hooks.ts"
import type { Figure } from "../pipeline/figures.ts"
import { replaceFile } from "../store/files/replace-file.ts"
import { unlessUnreadable } from "../store/files/unreadable.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import { readCache, writeCache } from "../store/fresh/cache-file.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { isProblem, type Problem } from "../support/problem.ts"

export interface RunPicture {
  readonly figure: Figure | null
  /** the picture, relative to the store; null if there is none, or the store cannot be written */
  readonly path: string | null
  /** why a figure is missing; the run's results are valid all the same */
  readonly problem: Problem | null
}
const none: RunPicture = { figure: null, path: null, problem: null }

/** @param version of Probeline, which draws differently in another */
export async function drawRunPicture(
  context: HookContext,
  run: RunRecord,
  version: string
): Promise<RunPicture> {
  const { store } = context.planning
  const artifactOf = artifactsOf(run.nodes)
  try {
    for (const id of new Set(Object.values(run.outputs).flat())) {
      const node = context.graph.byId.get(id)
      const answer = node === undefined ? null : await askHook(context, node, "figures", artifactOf)
      const figure = answer?.figures.find(({ rows }) => rows.length > 0)
      if (figure === undefined) continue
      const svg = await pictureOf(context, figure, artifactOf(id)!, version)
      const at = path.join("runs", run.id, "figures", `${figure.id}.svg`)
      // a full or read-only disk costs the picture, not the run
      const isWritten = unlessUnreadable(() => {
        replaceFile(store.files, path.join(store.root, at), svg)
        return true
      })
      return { figure, path: isWritten === true ? at : null, problem: null }
    }
    return none
  } catch (error) {
    if (!isProblem(error)) throw error
    return { ...none, problem: error }
  }
}

async function pictureOf(
  { planning: { store } }: HookContext,
  figure: Figure,
  artifact: string,
  version: string
): Promise<string> {
  const asked = digestJson({ drawn: figure, version }).slice(0, 32)
  const note = path.join(store.layout.cache, "summaries", `${artifact}-${asked}.json`)
  const known = readCache<{ readonly svg: string }>(store.files, note)
  if (known !== null) return known.svg
  const { drawFigure } = await import("./draw-figure.ts")
  const { svg } = await drawFigure(figure, { alone: true, prefix: figure.id })
  writeCache(store.files, note, { svg })
  return svg
}
