/** Which examples of pairs are cut. */
import { StageError } from "../../src/index.ts"
import type { Example } from "../tables/examples.ts"
import { byCodePoint } from "../tables/ids.ts"
import { grouped } from "../tables/grouped.ts"

/** A number in [0, 1) that belongs to the labels. */
type Draw = (...labels: ReadonlyArray<string>) => number

interface Pair {
  readonly scene: string
  readonly primary: string
  readonly secondary: string
}

export const cutReasons = {
  larger: "cut: its secondary category has fewer images of another primary",
  unused: "cut: in the part that is set aside"
} as const

/**
 * The same examples, with those that are cut left out. Every encoder and selection is balanced on its own, as the paper
 * did; draws name the task and the scene alone, so that equal support gives equal examples. Both targets of a scene's task
 * are cut together.
 *
 * @throws StageError if an example is not about a pair
 */
export function balanced(
  examples: ReadonlyArray<Example>,
  unused: number,
  draw: Draw
): ReadonlyArray<Example> {
  const cut = new Map<string, string>()
  for (const group of grouped(examples, groupOf).values())
    for (const [scene, reason] of cutIn(group, unused, draw))
      cut.set(JSON.stringify([groupOf(group[0]!), scene]), reason)
  return examples.map((example) => ({
    ...example,
    left_out: example.left_out ?? cut.get(JSON.stringify([groupOf(example), example.scene])) ?? null
  }))
}

const groupOf = ({ encoder, selection, task }: Example) => JSON.stringify([encoder, selection, task])

/** Of one task of one encoder and selection: why scenes are cut. */
function* cutIn(examples: ReadonlyArray<Example>, unused: number, draw: Draw) {
  const { task } = examples[0]!
  const pairs = pairsOf(examples)
  const primaries = [...new Set(pairs.map(({ primary }) => primary))]
  const place = (what: string, { scene }: Pair) => draw(what, task!, scene)
  const inOrder = (what: string, some: ReadonlyArray<Pair>) =>
    some.toSorted((a, b) => place(what, a) - place(what, b) || byCodePoint(a.scene, b.scene))
  for (const [secondary, own] of grouped(pairs, (pair) => pair.secondary)) {
    const cells = primaries.map((primary) => own.filter((pair) => pair.primary === primary))
    const least = Math.min(...cells.map(({ length }) => length))
    for (const [i, cell] of cells.entries()) {
      const ordered = inOrder("balance", cell)
      for (const { scene } of ordered.slice(least)) yield [scene, cutReasons.larger] as const
      // rounded up or down at random, so that small cells lose as large a share as others
      const count = Math.floor(unused * least + draw("share", task!, primaries[i]!, secondary))
      for (const { scene } of inOrder("unused", ordered.slice(0, least)).slice(0, count))
        yield [scene, cutReasons.unused] as const
    }
  }
}

/** The kept scenes with both categories. */
function pairsOf(examples: ReadonlyArray<Example>): ReadonlyArray<Pair> {
  const wrong = examples.find(
    ({ task, target }) => task === null || !["primary", "secondary"].includes(target)
  )
  if (wrong !== undefined)
    throw new StageError(`scene ${wrong.scene} is asked for its ${wrong.target}, which is not about a pair`, {
      field: "examples",
      hint: 'choose them with question: "pair"'
    })
  return [
    ...grouped(
      examples.filter(({ left_out }) => left_out === null),
      ({ scene }) => scene
    )
  ].flatMap(([scene, of]) => {
    const label = (asked: string) => of.find(({ target }) => target === asked)?.label
    const [primary, secondary] = [label("primary"), label("secondary")]
    return primary === undefined || secondary === undefined ? [] : [{ scene, primary, secondary }]
  })
}
