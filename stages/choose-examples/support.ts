/** Reads the support table, and decides with it which drafts are asked of whom. */
import { StageError, type Table } from "../../src/index.ts"
import type { Example } from "../tables/examples.ts"
import { objectId } from "../tables/ids.ts"
import { joinIds } from "../tables/joins.ts"
import { askedName, type supportColumns, type SupportRow } from "../tables/support.ts"
import type { Draft } from "./draft.ts"

/** Who is asked: an encoder with one way of selecting its tokens. */
export type AskedEncoder = Pick<SupportRow, "encoder" | "selection">
export interface Support {
  readonly asked: ReadonlyArray<AskedEncoder>
  /** for each of `asked` */
  readonly of: (draft: Draft) => ReadonlyArray<SupportOf>
}
interface SupportOf {
  /** why it cannot be asked about a draft; null if it can */
  readonly reason: string | null
  /** the comparisons that it lacks */
  readonly lacks: ReadonlyArray<string>
}

/**
 * Reads the rows about objects or those about pairs.
 *
 * @throws StageError if there are none, or if they are of other scenes
 */
export async function readSupport(
  table: Pick<Table<typeof supportColumns>, "batches">,
  of: "objects" | "pair",
  scenes: Iterable<string>
): Promise<Support> {
  const asked: Array<AskedEncoder> = []
  const indices = new Map<string, number>()
  const found = new Map<string, Array<SupportOf>>()
  const supported = new Set<string>()
  let others = 0
  const columns = ["encoder", "selection", "task", "scene", "object", "reason", "lacks"] as const
  for await (const rows of table.batches(...columns))
    for (const [i, scene] of rows.scene.entries()) {
      const [encoder, selection, task] = [rows.encoder[i]!, rows.selection[i] ?? null, rows.task[i] ?? null]
      if ((task === null) !== (of === "objects")) {
        others++
        continue
      }
      const name = JSON.stringify([encoder, selection])
      let index = indices.get(name)
      if (index === undefined) {
        indices.set(name, (index = asked.length))
        asked.push({ encoder, selection })
      }
      supported.add(scene)
      const key = keyOf(task, scene, rows.object[i]!)
      let known = found.get(key)
      if (known === undefined) found.set(key, (known = []))
      known[index] = { reason: rows.reason[i] ?? null, lacks: rows.lacks[i]! }
    }
  if (asked.length === 0)
    throw new StageError(
      others === 0
        ? "the support table is empty"
        : `the support table is about ${of === "pair" ? "objects, not about pairs" : "pairs, not about objects"}`,
      { field: "support", hint: `give find-support \`of: "${of}"\`` }
    )
  joinIds(
    { whose: "the rows of support", what: "scenes", ids: supported },
    { whose: "the rows of scenes", what: "scenes", ids: scenes }
  )
  return {
    asked,
    of: ({ task, target, scene, object }) => {
      // a question about presence is asked of the tokens of an object, which belong to no task
      const known = found.get(keyOf(target === "presence" ? null : task, scene, object)) ?? []
      return asked.map((_, i) => known[i] ?? notListed)
    }
  }
}
const notListed: SupportOf = { reason: "no token: the support table does not list it", lacks: [] }
/** Unambiguous within one kind of support: rows about objects have no task. */
const keyOf = (task: string | null, scene: string, object: number): string =>
  task === null ? objectId(scene, object) : JSON.stringify([task, scene, object])

/** All are asked the same: a draft that one lacks is left out for all. */
export const commonExamples = (drafts: ReadonlyArray<Draft>, support: Support): Array<Example> =>
  drafts.map((draft) => {
    const all = support.of(draft)
    const reasons = all.map(({ reason }) => reason)
    return {
      encoder: null,
      selection: null,
      ...draft,
      left_out: draft.left_out ?? commonReason(reasons, support.asked),
      lacks: [...new Set(all.flatMap(({ lacks }) => lacks))].sort()
    }
  })

/** Each is asked about its own: every draft once for each of them. */
export const ownExamples = (drafts: ReadonlyArray<Draft>, { asked, of }: Support): Array<Example> =>
  asked.flatMap((who, i) =>
    drafts.map((draft) => {
      const { reason, lacks } = of(draft)[i]!
      return { ...who, ...draft, left_out: draft.left_out ?? reason, lacks }
    })
  )

/** Such as "no token of clip: it fills no patch to the threshold". */
function commonReason(
  reasons: ReadonlyArray<string | null>,
  asked: ReadonlyArray<AskedEncoder>
): string | null {
  const lacking = new Map<string, Array<number>>()
  for (const [i, reason] of reasons.entries())
    if (reason !== null) lacking.set(reason, [...(lacking.get(reason) ?? []), i])
  if (lacking.size === 0) return null
  return [...lacking]
    .map(([reason, indices]) => (asked.length === 1 ? reason : reasonWith(reason, namesOf(indices, asked))))
    .join("; ")
}

const reasonWith = (reason: string, names: string): string => {
  const [start] = /^no (?:token|activation)(?=:)/.exec(reason) ?? []
  return start === undefined ? `${reason} (${names})` : `${start} of ${names}${reason.slice(start.length)}`
}

/** "any encoder"; "clip, blip"; "clip (aligned), clip (centre)". */
function namesOf(indices: ReadonlyArray<number>, asked: ReadonlyArray<AskedEncoder>): string {
  const encoders = [...new Set(asked.map(({ encoder }) => encoder))]
  if (indices.length === asked.length) return encoders.length === 1 ? "any selection" : "any encoder"
  return encoders
    .flatMap((encoder) => {
      const own = indices.filter((i) => asked[i]!.encoder === encoder)
      const all = asked.filter((who) => who.encoder === encoder)
      return own.length === all.length ? [encoder] : own.map((i) => askedName(asked[i]!))
    })
    .join(", ")
}
