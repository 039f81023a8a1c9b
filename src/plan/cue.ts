/**
 * Cues: the reasons why a node is fresh or stale, most useful first.
 *
 * They are the difference of two preimages, so the decision and its explanation cannot disagree: equal keys yield
 * no cues, different keys at least one.
 */
import { own } from "../support/own.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { InputPreimage, Preimage } from "../store/records/preimage.ts"

export type CueKind =
  /** nothing changed; `path` is the run that computed it, `before` the time */
  | "fresh"
  /** computed under another key (`before`, by the run `path`) and accepted at `after` */
  | "accepted"
  /** a finished item of an unfinished node */
  | "done"
  /** this pipeline has no record of the node */
  | "never-run"
  | "forced"
  | "code"
  | "package"
  | "parameter"
  | "environment"
  | "schema"
  /** the values of an input's column changed; or a port has other nodes: `before` and `after` are lists of them */
  | "input"
  /** a member of a tensor family that items name is new, gone or changed; `path` is such as `tap embed of probes/vit` */
  | "member"
  /** the names of a tensor family's members changed, and the stage reads nothing else; `path` is `activation of probes/vit` */
  | "names"
  /** the items of an input changed */
  | "items"
  /** a file or folder that a source read changed */
  | "read"
  /** an input will be computed first; until then it is unknown whether its values change */
  | "upstream"
  /** something that the stage reads is not on this machine: a run downloads it first */
  | "not-here"
  /** it cannot be planned; a run with --keep-going skips it; `before` is the error */
  | "refused"
  /** the artifact, or one of its files, is missing */
  | "lost"
  /** it failed before with the same key; `before` is the error */
  | "failed"

export interface Cue {
  readonly cue: CueKind
  /** the subject: `params.seed`, a module's path, `scenes.image`, a node's id */
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** The differences between two preimages of a node. */
export function differences(before: Preimage, after: Preimage): ReadonlyArray<Cue> {
  return [
    ...codeCues(before, after),
    ...recordCues("parameter", "params", before.params, after.params),
    ...valueCues("environment", "environment", before.environment ?? null, after.environment ?? null),
    ...valueCues("schema", "output", before.output, after.output),
    ...inputCues(before, after)
  ]
}

function codeCues(before: Preimage, after: Preimage): ReadonlyArray<Cue> {
  if (before.stage !== after.stage)
    return [{ cue: "code", path: "stage", before: before.stage, after: after.stage }]
  if (before.code.digest === after.code.digest) return []
  const cues = [
    ...recordCues("code", "", before.code.modules, after.code.modules),
    ...recordCues("package", "", before.code.packages, after.code.packages)
  ]
  // modules only explain; the digest decides
  return cues.length > 0
    ? cues
    : [{ cue: "code", path: after.stage, before: before.code.digest, after: after.code.digest }]
}

type Fields = Readonly<Record<string, unknown>>
function recordCues(cue: CueKind, prefix: string, before: Fields, after: Fields): ReadonlyArray<Cue> {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((name) =>
      valueCues(
        cue,
        prefix === "" ? name : `${prefix}.${name}`,
        own(before, name) ?? null,
        own(after, name) ?? null
      )
    )
}
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
function valueCues(cue: CueKind, path: string, before: unknown, after: unknown): ReadonlyArray<Cue> {
  if (isFields(before) && isFields(after)) return recordCues(cue, path, before, after)
  return same(before, after) ? [] : [{ cue, path, before, after }]
}
const same = (a: unknown, b: unknown) => a === b || digestJson(a ?? null) === digestJson(b ?? null)

function inputCues(before: Preimage, after: Preimage): ReadonlyArray<Cue> {
  const ports = [...new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])].sort()
  return ports.flatMap((port) => {
    const [old, now] = [own(before.inputs, port) ?? [], own(after.inputs, port) ?? []]
    if (old.length !== now.length) {
      const names = (inputs: ReadonlyArray<InputPreimage>) => inputs.map((input) => input.node)
      return [{ cue: "input" as const, path: port, before: names(old), after: names(now) }]
    }
    return now.flatMap((input, i) => artifactCues(now.length > 1 ? `${port}[${i}]` : port, old[i]!, input))
  })
}
function artifactCues(port: string, before: InputPreimage, after: InputPreimage): ReadonlyArray<Cue> {
  if (after.namesOnly === true)
    return Object.entries(after.columns).flatMap(([family, now]) => {
      return valueCues("names", `${family} of ${after.node}`, own(before.columns, family) ?? null, now)
    })
  if (after.member !== undefined) return memberCues(port, before, after, after.member)
  return [
    ...(before.ids === after.ids && same(before.failed, after.failed)
      ? []
      : [{ cue: "items" as const, path: `${port} (${after.node})`, before: before.ids, after: after.ids }]),
    ...recordCues("input", `${port} (${after.node})`, before.columns, after.columns)
  ]
}

/** The path of the cues about a member. @param noun what items call a member */
export const memberPath = (noun: string, member: string, node: string): string =>
  `${noun} ${member} of ${node}`

/** The items and failures of the artifact are those of the whole port that it belongs to. */
function memberCues(
  port: string,
  before: InputPreimage,
  after: InputPreimage,
  noun: string
): ReadonlyArray<Cue> {
  const members = (of: InputPreimage) =>
    Object.fromEntries(
      Object.entries(of.columns).flatMap(([column, digest]) => {
        const at = column.indexOf("/")
        return at < 0 ? [] : [[memberPath(noun, column.slice(at + 1), after.node), digest]]
      })
    )
  const cues = recordCues("member", "", members(before), members(after))
  // the order of the members, which is in no item's key
  return cues.length > 0
    ? cues
    : recordCues("input", `${port} (${after.node})`, before.columns, after.columns)
}

/** One cue as a sentence. */
export function sentence({ cue, path, before, after }: Cue): string {
  const change = `${brief(before)} → ${brief(after)}`
  switch (cue) {
    case "fresh":
      return `fresh since ${brief(before)} (run ${path})`
    case "accepted":
      return `accepted at ${brief(after)}: computed under another key (${brief(before)}) in run ${path}`
    case "done":
      return "already computed: only the node's output has to be reassembled"
    case "never-run":
      return "never computed for this pipeline"
    case "forced":
      return "forced by --force"
    case "code":
      return `code of ${path} changed (${change})`
    case "package":
      return `package ${path}: ${change}`
    case "parameter":
      return `parameter ${path.replace(/^params\./, "")}: ${change}`
    case "environment":
      return `${path}: ${change}`
    case "schema":
      return `schema: ${path} changed (${change})`
    case "input":
      if (Array.isArray(before) && before.length === 0) return `input ${path} is new (${brief(after)})`
      if (Array.isArray(after) && after.length === 0)
        return `input ${path} is left out now (it was ${brief(before)})`
      return before === null && after === null
        ? `the value of input ${path} changed`
        : `the values of input ${path} changed (${change})`
    case "member":
      return before === null
        ? `${path} is new`
        : after === null
          ? `${path} is gone`
          : `${path} changed (${change})`
    case "names":
      return `the names in ${path} changed (${change})`
    case "items":
      return `the items of input ${path} changed (${change})`
    case "read":
      return after === null
        ? `${path} no longer exists`
        : before === null
          ? `${path} is new`
          : `${path} changed (${change})`
    case "upstream":
      return `unknown until ${path} has run`
    case "not-here":
      return `a run downloads ${path} first`
    case "refused":
      return `cannot be planned: ${brief(before)}`
    case "lost":
      return `${path} is missing from the store`
    case "failed":
      return `failed before: ${brief(before)}`
  }
}
function brief(value: unknown): string {
  if (value === null || value === undefined) return "none"
  const text = typeof value === "string" ? value : JSON.stringify(value)
  if (/^[0-9a-f]{32,}$/.test(text)) return text.slice(0, 12)
  const short = typeof value === "string" ? text : text.replace(/"([0-9a-f]{12})[0-9a-f]{20,}"/g, '"$1"')
  return short.length > 200 ? `${short.slice(0, 197)}…` : short
}
