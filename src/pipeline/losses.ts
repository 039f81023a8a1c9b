/**
 * Losses: what a node left out, why, how much of it, and a few examples.
 *
 * A stage reports a loss for each thing or for many at once; losses of one thing for one reason are added up.
 * So a stage can stream over millions of rows in constant memory, and so can the tally.
 */
import type { Columns } from "./columns.ts"
import type { Params, Values } from "./params.ts"
import type { Port, Ports, Table } from "./ports.ts"

/** A stage's report that some things were left out for a reason, or were kept. */
export interface Loss {
  /** the things, in the plural: `objects`, `scenes`; or a fact about them: `images listed twice` */
  readonly what: string
  /**
   * why they were left out, in a few words; null if they were kept. A total is printed only if kept things are
   * counted: begin with a count of 0 in case there are none
   */
  readonly reason: string | null
  /** how many; default: 1 */
  readonly count?: number
  /** ids of some of these things */
  readonly examples?: ReadonlyArray<string>
  /** what happened to the kept things, such as "asked about"; default: "kept" */
  readonly verb?: string
}

/** A run's report on a node: everything of one kind left out for one reason. */
export interface Lost {
  readonly what: string
  readonly reason: string
  readonly count: number
  /** how many there were, kept ones included; null if the stage does not count those */
  readonly total: number | null
  /** the first ones, at most five */
  readonly examples: ReadonlyArray<string>
  /** as in `Loss`; absent if it is "kept" */
  readonly verb?: string
}

/** The arguments of a stage's `losses`: its artifact, its inputs, and the parameters. */
export interface Artifacts<I extends Ports, P extends Params, C extends Columns> {
  readonly output: Table<C>
  /** by port, as whole tables, even if the stage itself gets single items; `member` ports are left out */
  readonly inputs: {
    readonly [K in keyof I as I[K]["mode"] extends "member" | "memberNames" ? never : K]: I[K] extends Port<
      infer D,
      infer T
    >
      ? | (T extends "many" ? ReadonlyArray<Table<D>> : Table<D>)
        | (I[K] extends { readonly optional: true } ? undefined : never)
      : never
  }
  readonly params: Values<P>
}

const mostExamples = 5
/** The most distinct reasons, so that reasons with ids in them cannot fill the memory. */
const mostReasons = 200
const otherReasons = "other reasons"

interface Counted {
  count: number
  readonly examples: Set<string>
}
interface Things {
  verb: string | undefined
  /** how many were kept; null if the stage does not count those */
  kept: number | null
  readonly reasons: Map<string, Counted>
}

/** Adds losses up. */
export class LossTally {
  readonly #things = new Map<string, Things>()

  /** @throws Error if it is not a valid loss, for instance if its count is not an integer from 0 */
  add(loss: Loss): void {
    check(loss)
    const { what, reason, count = 1, examples = [], verb } = loss
    const things = this.#things.get(what) ?? { verb, kept: null, reasons: new Map<string, Counted>() }
    this.#things.set(what, things)
    things.verb ??= verb
    if (reason === null) {
      things.kept = (things.kept ?? 0) + count
      return
    }
    const isOverLimit = !things.reasons.has(reason) && things.reasons.size >= mostReasons
    const name = isOverLimit ? otherReasons : reason
    const counted = things.reasons.get(name) ?? { count: 0, examples: new Set<string>() }
    things.reasons.set(name, counted)
    counted.count += count
    for (const example of examples) {
      if (counted.examples.size >= mostExamples) break
      counted.examples.add(example)
    }
  }

  /** Everything left out: kinds of things in the order of their first mention, the largest loss of each first. */
  lost(): ReadonlyArray<Lost> {
    return [...this.#things].flatMap(([what, { verb, kept, reasons }]) => {
      const counted = [...reasons].filter(([, { count }]) => count > 0)
      const total = kept === null ? null : counted.reduce((sum, [, { count }]) => sum + count, kept)
      return counted
        .sort(([, a], [, b]) => b.count - a.count)
        .map(([reason, { count, examples }]) => ({
          what,
          reason,
          count,
          total,
          examples: [...examples],
          ...(verb === undefined ? {} : { verb })
        }))
    })
  }
}

function check(loss: Loss): void {
  const { what, reason, count = 1, examples = [], verb = "" } = (loss ?? {}) as Partial<Loss>
  const wrong =
    typeof what !== "string" || what === ""
      ? "`what` must be a non-empty text"
      : reason !== null && (typeof reason !== "string" || reason === "")
        ? "`reason` must be a non-empty text, or null"
        : !Number.isSafeInteger(count) || count < 0
          ? `\`count\` must be a whole number from 0, got ${String(count)}`
          : !Array.isArray(examples) || examples.some((example) => typeof example !== "string")
            ? "`examples` must be a list of texts"
            : typeof verb !== "string"
              ? "`verb` must be a text"
              : null
  if (wrong !== null) throw new Error(`invalid loss: ${wrong}`)
}
