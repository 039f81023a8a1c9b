/**
 * Turns a node's parameters into what enters its key.
 *
 * A file enters as its sha256. A stage's `identity` replaces named parameters by plain JSON: masks depend on
 * an encoder's grid, not on its weights. Its answer is cached together with what it read, so that planning
 * does not parse a model again.
 */
import { own } from "../support/own.ts"
import * as path from "node:path"
import type { GraphNode } from "../pipeline/graph.ts"
import type { FileRef, Param, Params } from "../pipeline/params.ts"
import { isProblem, Problem, type ProblemTag } from "../support/problem.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { writingAs } from "../support/stage-output.ts"
import { systemLimit } from "../support/system-error.ts"
import { readCache, writeCache } from "../store/fresh/cache-file.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { CodePreimage } from "../store/records/preimage.ts"
import type { ReadRecord } from "../store/records/trace.ts"
import { type Fetching, changedReads, NotHere, type Outside, readSteadily, recordingWorld } from "./world.ts"
import type { World } from "../pipeline/world.ts"

interface Kept {
  readonly reads: ReadonlyArray<ReadRecord>
  readonly answer: Readonly<Record<string, unknown>>
}
/** Cached answers of `identity` functions, in a file of the store's cache. */
export class Identities {
  readonly #outside: Outside
  readonly #file: string
  #kept: Map<string, Kept> | null = null
  #changed = false
  constructor(outside: Outside, file: string) {
    this.#outside = outside
    this.#file = file
  }
  get(key: string): Readonly<Record<string, unknown>> | null {
    const kept = this.#load().get(key)
    return kept !== undefined && changedReads(kept.reads, this.#outside).length === 0 ? kept.answer : null
  }
  set(key: string, kept: Kept): void {
    this.#load().set(key, kept)
    this.#changed = true
  }
  save(): void {
    if (!this.#changed || this.#kept === null) return
    if (writeCache(this.#outside.files, this.#file, { identities: [...this.#kept] })) this.#changed = false
  }
  #load(): Map<string, Kept> {
    return (this.#kept ??= new Map(
      readCache<{ readonly identities: Array<[string, Kept]> }>(this.#outside.files, this.#file)?.identities
    ))
  }
}

export interface ParamsPreimage {
  readonly params: Readonly<Record<string, unknown>>
  readonly environment: unknown
  /** explanation, not in the key */
  readonly about?: unknown
}

/**
 * The parameters as they enter the key: synchronous unless `identity` has to be called. `NotHere` if it needs
 * a download and there is no `fetching`.
 *
 * @throws Problem ParameterInvalid if a file is missing or `identity` rejects its input; InputChanged,
 *   without caching the answer, if a file changed while `identity` read it. A promise rejects with the same
 *   problems.
 */
export function paramsPreimage(
  node: GraphNode,
  { codeOf, outside, identities, fetching }: IdentityContext,
  signal?: AbortSignal
): ParamsPreimage | Promise<ParamsPreimage | NotHere> {
  const { digest } = codeOf(node.stage)
  const known = knownParams(node, digest, outside, identities)
  return known ?? askIdentity(node, digest, { outside, identities, fetching }, signal)
}

export interface IdentityContext {
  readonly codeOf: (stage: AnyStage) => CodePreimage
  readonly outside: Outside
  readonly identities: Identities
  readonly fetching?: Fetching | undefined
}

async function askIdentity(
  node: GraphNode,
  code: string,
  { outside, identities, fetching }: Omit<IdentityContext, "codeOf">,
  signal: AbortSignal = new AbortController().signal
): Promise<ParamsPreimage | NotHere> {
  try {
    const world = recordingWorld(outside, fetchFor(node, outside, fetching, signal), `node "${node.id}"`)
    const answer = await readSteadily<Record<string, unknown>>(world, () =>
      writingAs(node.id, () => node.stage.spec.identity!(node.params, world))
    )
    identities.set(identityKey(node, code, outside), { reads: world.reads(), answer })
    return withAnswer(node, answer, outside)
  } catch (error) {
    if (error instanceof NotHere) return error
    throw asProblem(node, outside)(error)
  }
}

const fetchFor =
  (node: GraphNode, outside: Outside, fetching: Fetching | undefined, signal: AbortSignal): World["fetch"] =>
  async (wanted) => {
    if (fetching === undefined) throw new NotHere(wanted)
    const fetcher = own(fetching.fetchers, wanted.fetcher)
    if (fetcher === undefined) throw new Error(`no fetcher named "${wanted.fetcher}" is installed`)
    try {
      await fetcher(wanted.request, { signal, log: (message) => fetching.log(node.id, message) })
    } catch (error) {
      throw asProblem(node, outside, "FetchFailed")(error)
    }
  }

/** The same if `identity` need not be called, otherwise null. @throws Problem as `paramsPreimage` does */
export function knownParams(
  node: GraphNode,
  code: string,
  outside: Outside,
  identities: Identities
): ParamsPreimage | null {
  try {
    const isAsked = node.stage.spec.identity !== undefined
    const answer = isAsked ? identities.get(identityKey(node, code, outside)) : {}
    return answer === null ? null : withAnswer(node, answer, outside)
  } catch (error) {
    throw asProblem(node, outside)(error)
  }
}

function withAnswer(
  node: GraphNode,
  { environment = null, about, ...replaced }: Readonly<Record<string, unknown>>,
  outside: Outside
): ParamsPreimage {
  const reading = { node, outside }
  const kept = Object.entries(node.stage.spec.params ?? {})
    .filter(([name]) => !Object.hasOwn(replaced, name))
    .map(([name, declared]) => [name, plain(declared, node.params[name], reading, name)])
  const params = { ...Object.fromEntries(kept), ...replaced }
  return { params, environment, ...(about === undefined ? {} : { about }) }
}

const identityKey = (node: GraphNode, codeDigest: string, outside: Outside): string =>
  digestJson({ stage: node.stage.name, code: codeDigest, params: node.params, base: outside.base })

const asProblem =
  (node: GraphNode, { base }: Outside, tag: ProblemTag = "ParameterInvalid") =>
  (error: unknown) =>
    isProblem(error)
      ? error
      : (systemLimit(error) ??
        stageFailure(tag, `node "${node.id}"`, error, { field: node.id, base, ...ofSystem(error) }))

/** The file and the hint for an error of the system. */
function ofSystem(error: unknown): { readonly file?: string; readonly hint?: string } {
  const { path, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return {
    ...(path === undefined ? {} : { file: path }),
    ...(syscall === undefined ? {} : { hint: "check the path and its permissions" })
  }
}

interface Reading {
  readonly node: GraphNode
  readonly outside: Outside
}
type AnyParam = Param<unknown, unknown>
const plainFields = (declared: Params, values: Readonly<Record<string, unknown>>, reading: Reading) =>
  Object.fromEntries(
    Object.entries(declared).map(([name, one]) => [name, plain(one, values[name], reading, name)])
  )

function plain(declared: AnyParam, value: unknown, reading: Reading, field: string): unknown {
  if (value === null || value === undefined) return null
  const { kind, options } = declared
  switch (kind) {
    case "file":
    case "folder": {
      const file = (value as FileRef).path
      if (reading.node.stage.kind === "source" || kind === "folder")
        return { path: path.relative(reading.outside.base, file).split(path.sep).join("/") }
      const found = reading.outside.digests.digest(file)
      if (found === null)
        throw new Problem(
          "ParameterInvalid",
          `node "${reading.node.id}": ${field}: there is no file ${file}`,
          {
            file,
            field: `${reading.node.id}.${field}`,
            hint: "paths in a pipeline file are relative to that file, those after -S to the working directory"
          }
        )
      return { sha256: found.sha256 }
    }
    case "maybe":
      return plain(options.of as AnyParam, value, reading, field)
    case "list":
      return (value as ReadonlyArray<unknown>).map((one, i) =>
        plain(options.of as AnyParam, one, reading, `${field}[${i}]`)
      )
    case "struct":
      return plainFields(options.fields!, value as Record<string, unknown>, reading)
    case "oneOf": {
      const { kind: which, ...rest } = value as { kind: string } & Record<string, unknown>
      const shape = (options.of as Record<string, Params>)[which]!
      return { kind: which, ...plainFields(shape, rest, reading) }
    }
    default:
      return value
  }
}
