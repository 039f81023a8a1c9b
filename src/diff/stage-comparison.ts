/** Asks a stage how two of its artifacts differ. */
import type { Comparison } from "../pipeline/comparison.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { type ArtifactOf, hookTables } from "../inspect/hook-tables.ts"
import type { Opened } from "../project/open-pipeline.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { own } from "../support/own.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { writingAs } from "../support/stage-output.ts"

/** One side of a pair, as its pipeline declares it. */
export interface StageSide {
  /** how messages call the side */
  readonly name: "a" | "b"
  readonly opened: Opened
  readonly node: GraphNode
  readonly manifest: Manifest
  readonly artifactOf: ArtifactOf
}
export interface StageAnswer {
  /** null if the stage cannot compare them */
  readonly comparison: Comparison | null
  /** why it cannot */
  readonly note: string | null
  /** a fault of the stage's function */
  readonly problem: Problem | null
}

/** @throws Problem StoreCorrupt if an object that the stage reads is damaged */
export async function compareByStage(
  a: StageSide,
  b: StageSide,
  thresholds: Readonly<Record<string, number>>
): Promise<StageAnswer> {
  const [before, after] = [narrowed(a), narrowed(b)]
  const lacking = [...before.lacking, ...after.lacking]
  const cannot = (why: string): StageAnswer => ({
    comparison: null,
    note: `${b.node.stage.name} cannot compare them: ${why}`,
    problem: null
  })
  try {
    const tables = [
      await hookTables(tablesInput(before.side)),
      await hookTables(tablesInput(after.side))
    ] as const
    const answer = await writingAs(b.node.id, async () =>
      b.node.stage.spec.compare!.artifacts(tables[0], tables[1], thresholds)
    )
    return { comparison: checked(answer), note: null, problem: null }
  } catch (error) {
    if (isProblem(error) && (error.exitCode === 5 || error._tag === "SystemRefused")) throw error
    if (lacking.length > 0) return cannot(lacking.join("; "))
    if (isProblem(error) || isStageError(error)) return cannot(error.message)
    const problem = stageFailure(
      "OutputInvalid",
      `stage "${b.node.stage.name}" cannot compare "${b.node.id}"`,
      error,
      {
        field: b.node.id,
        base: b.opened.folder,
        hint: "fix the stage's function `compare` and run the diff again: the values are compared without it"
      }
    )
    return { comparison: null, note: problem.message, problem }
  }
}

/** By name: a stage in an installed package may throw the class of another copy of Probeline. */
const isStageError = (error: unknown): error is Error => error instanceof Error && error.name === "StageError"

const tablesInput = ({ opened, node, manifest, artifactOf }: StageSide) => ({
  context: opened,
  node,
  manifest,
  artifactOf
})

/** The side without the columns that its artifacts do not have as the stage declares them now. */
function narrowed(side: StageSide): { readonly side: StageSide; readonly lacking: ReadonlyArray<string> } {
  const { name, node, manifest, opened, artifactOf } = side
  const lacking: Array<string> = []
  const held = (columns: GraphNode["columns"], of: Manifest, id: string) =>
    Object.fromEntries(
      Object.entries(columns).filter(([column, declared]) => {
        const its = own(of.columns, column)
        const isHeld = its !== undefined && digestJson(its) === digestJson(declared)
        if (!isHeld)
          lacking.push(
            `${id} of ${name} has ${its === undefined ? "no" : "another type of"} column "${column}"`
          )
        return isHeld
      })
    )
  const ports = Object.entries(node.ports).map(([port, fed]) => {
    const reads = fed.from.reduce((left, { id }) => {
      const its = opened.planning.store.manifest(artifactOf(id) ?? "")
      return its === null ? left : held(left, its, id)
    }, fed.reads)
    return [port, { ...fed, reads }] as const
  })
  const columns = held(node.columns, manifest, node.id)
  return { side: { ...side, node: { ...node, columns, ports: Object.fromEntries(ports) } }, lacking }
}

const verdicts: ReadonlySet<unknown> = new Set(["same", "different", "inconclusive", null])

/** @throws Error if a stage's function gives anything else */
function checked(answer: unknown): Comparison {
  const { verdict, lines, tables } = (answer ?? {}) as Partial<Comparison>
  const wrong = !verdicts.has(verdict)
    ? "`verdict` must be same, different, inconclusive or null"
    : !Array.isArray(lines) || lines.some((line) => typeof line !== "string")
      ? "`lines` must be a list of texts"
      : typeof tables !== "object" || tables === null
        ? "`tables` must be an object of tables"
        : Object.entries(tables).find(
              ([, table]) => !Array.isArray(table?.columns) || !Array.isArray(table.rows)
            ) !== undefined
          ? "a table must have `columns` and `rows`"
          : null
  if (wrong !== null) throw new Error(`invalid comparison: ${wrong}`)
  return answer as Comparison
}
