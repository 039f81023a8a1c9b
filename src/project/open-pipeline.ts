/** Opens a pipeline file: loads it, reads its parameters, builds its graph, and prepares its planning. */
import { own } from "../support/own.ts"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { loadPipeline, type LoadedPipeline } from "../load/load-pipeline.ts"
import { checkParams, fromText, type ParamIssue } from "../pipeline/check-params.ts"
import { buildGraph, type Graph, type GraphIssue } from "../pipeline/graph.ts"
import type { Params } from "../pipeline/params.ts"
import { didYouMean, isProblem, Problem } from "../support/problem.ts"
import { sourcePlace } from "../support/source-place.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { systemLimit } from "../support/system-error.ts"
import { Identities } from "../plan/identity.ts"
import type { Planning } from "../plan/planning.ts"
import { previousTraces } from "../plan/previous.ts"
import type { RunOwner } from "../store/runs/runs-of.ts"
import { StatCache } from "../store/fresh/stat-cache.ts"
import type { Store } from "../store/store.ts"
import { openStore } from "./open-store.ts"
import { parameterTable } from "./parameter-table.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"

/** @throws Problem listing all errors in the file, its parameters or its graph */
export async function openPipeline(file: string, options: OpenOptions): Promise<Opened> {
  const store = openStore(path.resolve(options.store))
  const loaded = await loadWith(path.join(store.layout.cache, "pipelines"), file)
  const { pipeline, folder } = loaded
  const params = readParams(loaded, options.set, options.values)
  const graph = graphOf(loaded, params)
  for (const id of options.force) if (!graph.byId.has(id)) throw noSuchNode(id, graph, loaded.file)
  const stages = new Set(graph.nodes.map(({ stage }) => stage))
  const codes = new Map([...stages].map((stage) => [stage, loaded.codeOf(stage)]))
  return {
    name: pipeline.name,
    file: loaded.file,
    folder,
    declared: pipeline.params,
    params,
    graph,
    planning: planningOf(
      store,
      { pipeline: pipeline.name, file: loaded.file },
      folder,
      (stage) => codes.get(stage)!,
      options
    ),
    addressOf: loaded.placeOf
  }
}

/** Keeps the bundle in a temporary folder if the store is not writable (read-only, full disk): it can still be read. */
async function loadWith(cacheFolder: string, file: string): Promise<LoadedPipeline> {
  try {
    return await loadPipeline(file, { cacheFolder })
  } catch (error) {
    const { path: at, syscall } = error as NodeJS.ErrnoException
    // the folder that cannot be created may be a parent
    const isOfCache = at !== undefined && (at.startsWith(cacheFolder) || cacheFolder.startsWith(at))
    if (isProblem(error) || syscall === undefined || systemLimit(error) !== null || !isOfCache) throw error
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-"))
    process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }))
    return await loadPipeline(file, { cacheFolder: folder })
  }
}

export const noSuchNode = (id: string, graph: Graph, file: string): Problem =>
  new Problem("NodeNotFound", `the pipeline has no node "${id}"`, {
    file,
    field: id,
    hint: didYouMean(id, graph.byId.keys()) ?? `it has: ${[...graph.byId.keys()].join(", ")}`
  })

function planningOf(
  store: Store,
  pipeline: RunOwner,
  base: string,
  codeOf: Planning["codeOf"],
  { force, retryFailed }: OpenOptions
): Planning {
  const { files, layout: at } = store
  const outside = { files, digests: new StatCache(files, at.statCache, () => Date.now()), base }
  return {
    store,
    outside,
    identities: new Identities(outside, at.identities),
    codeOf,
    previous: previousTraces(store, pipeline),
    force: new Set(force),
    retryFailed
  }
}

/**
 * The file's defaults, overridden by `-S key=value`. Paths in the file are relative to it, those of `-S` to the working
 * directory.
 */
function readParams(
  { pipeline, folder, file }: LoadedPipeline,
  set: ReadonlyArray<string>,
  given: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> {
  const words = new Map<string, unknown>(Object.entries(given))
  for (const text of set) {
    const equals = text.indexOf("=")
    if (equals <= 0)
      throw new Problem("Usage", `-S ${text}: expected key=value`, {
        field: text,
        hint: parametersHint(pipeline.params)
      })
    const name = text.slice(0, equals)
    const declared = own(pipeline.params, name)
    const value = text.slice(equals + 1)
    words.set(name, declared === undefined ? value : absolute(fromText(declared, value)))
  }
  const all = Object.fromEntries(words)
  const { values, issues } = checkParams(pipeline.params, all, (at) => path.resolve(folder, at))
  if (issues.length === 0) return values
  // a missing required parameter gets the full table of parameters instead of its own hint
  const missing = new Set(
    Object.entries(pipeline.params).flatMap(([name, { options }]) =>
      own(all, name) === undefined && options.default === undefined ? name : []
    )
  )
  const told = issues.map((issue) => (missing.has(issue.field) ? { ...issue, hint: null } : issue))
  const more = missing.size === 0 ? [] : [parametersHint(pipeline.params)]
  throw invalid("ParameterInvalid", `parameters of ${path.basename(file)}`, told, file, more)
}

function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value)
  return entries.length === 1 && entries[0]![0] === "path" && typeof entries[0]![1] === "string"
    ? { path: path.resolve(entries[0]![1]) }
    : Object.fromEntries(entries.map(([name, one]) => [name, absolute(one)]))
}

function graphOf(loaded: LoadedPipeline, params: Readonly<Record<string, unknown>>): Graph {
  const { pipeline, folder, file } = loaded
  let returned: unknown
  try {
    returned = pipeline.graph(params)
  } catch (error) {
    const where = { field: "graph", base: folder, ...(sourcePlace(error) === null ? { file } : {}) }
    throw stageFailure("PipelineInvalid", `the graph of "${pipeline.name}" throws`, error, where)
  }
  const { graph, issues } = buildGraph(pipeline.name, returned, (at) => path.resolve(folder, at))
  if (issues.length > 0) throw invalid("PipelineInvalid", `the graph of "${pipeline.name}"`, issues, file)
  return graph
}

/** One problem for all issues: the message of a single one, or a list. */
function invalid(
  tag: "ParameterInvalid" | "PipelineInvalid",
  what: string,
  issues: ReadonlyArray<ParamIssue | GraphIssue>,
  file: string,
  moreHints: ReadonlyArray<string> = []
): Problem {
  const [first] = issues
  const message =
    issues.length === 1
      ? first!.message
      : [`${what}: ${issues.length} problems`, ...issues.map((issue) => `- ${issue.message}`)].join("\n")
  const hints = [...new Set(issues.flatMap(({ hint }) => hint ?? [])), ...moreHints]
  return new Problem(tag, message, {
    file,
    field: first!.field,
    hint: hints.length === 0 ? null : hints.join("\n")
  })
}

const parametersHint = (params: Params) => `parameters:\n${parameterTable(params)}`

export interface Opened {
  /** the pipeline's name */
  readonly name: string
  /** the pipeline file, absolute */
  readonly file: string
  /** the file's folder */
  readonly folder: string
  /** the pipeline's parameters */
  readonly declared: Params
  /** the parameters' values */
  readonly params: Readonly<Record<string, unknown>>
  readonly graph: Graph
  readonly planning: Planning
  readonly addressOf: (stage: AnyStage) => StageAddress | null
}

interface OpenOptions {
  /** `key=value` pairs for the pipeline's parameters */
  readonly set: ReadonlyArray<string>
  /** values of parameters, such as those of an earlier run */
  readonly values?: Readonly<Record<string, unknown>>
  /** the store's folder */
  readonly store: string
  /** ids of nodes to treat as stale, whatever their key */
  readonly force: ReadonlyArray<string>
  readonly retryFailed: boolean
}
