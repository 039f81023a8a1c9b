/** Turns what a stage throws into a problem: its message, its position in the user's source, and its hint. */
import { own } from "./own.ts"
import { Problem, type ProblemTag, type Where } from "./problem.ts"
import { placeText, sourcePlace, sourceStack } from "./source-place.ts"
import { stageErrorFields } from "./stage-error.ts"

/** Where something was thrown, as plain data: a worker process sends it to the run, which logs it. */
export interface Thrown {
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly stack: string
}

export function thrownAt(error: unknown): Thrown {
  const place = sourcePlace(error)
  const { file, line, column } = place ?? { file: null, line: null, column: null }
  return { file, line, column, stack: sourceStack(error) }
}

/** The ids of the nodes connected to each port. */
export type InputIds = Readonly<Record<string, ReadonlyArray<string>>>

/**
 * The message with its field, the nodes at fault, and its place: `image: no such column (node "scenes") (at
 * stages/mine.ts:12:9)`, relative to a folder.
 */
export function thrownText(error: unknown, base: string, ids: InputIds = {}): string {
  const place = sourcePlace(error)
  const { field, inputs } = stageErrorFields(error)
  const message = messageOf(error)
  const text = field === null || message.includes(field) ? message : `${field}: ${message}`
  const nodes = new Set(inputs.flatMap(({ port, index }) => nodesAt(own(ids, port) ?? [], index)))
  const names = [...nodes].map((id) => JSON.stringify(id)).join(", ")
  const named = nodes.size === 0 ? text : `${text} (${nodes.size === 1 ? "node" : "nodes"} ${names})`
  return place === null ? named : `${named} (at ${placeText(place, base)})`
}

/** A stage may name an input that it does not have: the message then stays without its node. */
const nodesAt = (ids: ReadonlyArray<string>, index: number | undefined): ReadonlyArray<string> =>
  ids.filter((_, i) => index === undefined || i === index)

const messageOf = (error: unknown): string =>
  error instanceof Error
    ? error.message || error.name
    : typeof error === "string"
      ? error
      : (JSON.stringify(error) ?? String(error))

/**
 * The problem for an error thrown by the user's code; `doing` says what failed ("stage x failed").
 *
 * @param where defaults for what the error itself leaves out; `base` is the folder for relative positions, `inputs` are
 *   the nodes that the error may point at
 */
export function stageFailure(
  tag: ProblemTag,
  doing: string,
  error: unknown,
  {
    base,
    inputs,
    ...where
  }: Pick<Where, "file" | "field" | "hint"> & { readonly base: string; readonly inputs?: InputIds }
): Problem {
  const said = stageErrorFields(error)
  const { stack, ...place } = thrownAt(error)
  const file = said.file ?? where.file ?? null
  return new Problem(tag, `${doing}: ${thrownText(error, base, inputs)}`, {
    ...(file === null ? place : { file }),
    field: said.field ?? where.field ?? null,
    hint: said.hint ?? where.hint ?? null,
    stack,
    cause: error
  })
}
