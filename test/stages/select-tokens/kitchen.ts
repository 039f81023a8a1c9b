/** Scenes with masks on a grid of 8 × 8 patches, and their tokens. */
import { selectTokens } from "../../../stages/select-tokens/stage.ts"
import type { TokenRow } from "../../../stages/tables/tokens.ts"
import type { TokenGrid } from "../../../stages/vision/grid.ts"
import { computeOf, fakeContext } from "../fakes.ts"

interface Mask {
  readonly selection: string
  readonly object: number
  readonly category: string
  readonly patch: number
  readonly coverage: number
}
export type Token = TokenRow
interface Task {
  readonly task: string
  readonly primary: string
  readonly secondary: string
  readonly left_out: string | null
}
export interface Item {
  readonly id: string
  readonly masks: ReadonlyArray<Mask>
  readonly scenes: {
    readonly objects: ReadonlyArray<{ readonly category: string; readonly crowd: boolean }>
  }
  readonly tasks?: ReadonlyArray<Task>
}

export const grid: TokenGrid = {
  rows: 8,
  columns: 8,
  patch: { height: 16, width: 16 },
  prefix: 5,
  classToken: true
}
interface Options {
  readonly of?: string
  readonly threshold?: number
  readonly seed?: number
  readonly grid?: TokenGrid
  readonly comparisons?: ReadonlyArray<string>
}
export const select = (
  items: ReadonlyArray<Item>,
  { of = "objects", threshold = 0.5, seed = 0, grid: on = grid, comparisons = ["background"] }: Options = {}
): Array<Array<Token>> =>
  computeOf(selectTokens)(
    items,
    { params: { of, threshold, seed, comparisons }, resource: on },
    fakeContext(selectTokens, seed)
  )
export const tokensOf = (item: Item, options: Options = {}) => select([item], options)[0]!
export const found = (tokens: ReadonlyArray<Token>, source: string, token: string, object = -1) =>
  tokens.find((row) => row.source === source && row.token === token && row.object === object)
export const patchesIn = ({ indices }: Token) => indices.map((index) => index - 5)

export const mask = (
  object: number,
  category: string,
  coverage: Readonly<Record<number, number>>,
  selection = "aligned"
) =>
  Object.entries(coverage).map(([patch, share]) => ({
    selection,
    object,
    category,
    coverage: share,
    patch: Number(patch)
  }))
export const cup = { 0: 1, 1: 0.75, 8: 0.5, 9: 0.25 }
export const table = { 36: 1, 37: 1, 38: 0.5, 44: 0.1 }
export const kitchen: Item = {
  id: "kitchen",
  masks: [
    ...mask(0, "cup", cup),
    ...mask(1, "people", { 20: 1, 21: 1 }),
    ...mask(2, "table", table),
    ...mask(3, "pin", { 63: 0.3 })
  ],
  scenes: {
    objects: [
      { category: "cup", crowd: false },
      { category: "people", crowd: true },
      { category: "table", crowd: false },
      { category: "pin", crowd: false },
      { category: "hidden", crowd: false }
    ]
  },
  tasks: [{ task: "kitchens", primary: "cup", secondary: "table", left_out: null }]
}
/** Random masks of two objects on the grid. */
const random = fakeContext(selectTokens, 11).random
export const scenes = Array.from({ length: 30 }, (_, i): Item => {
  const draw = random("test masks", i)
  const some = () =>
    Object.fromEntries(
      Array.from({ length: 10 }, () => [Math.floor(draw() * 64), Math.round(draw() * 100 + 1) / 101])
    ) as Record<number, number>
  const [first, second] = [some(), some()]
  return {
    id: `scene-${i}`,
    masks: [...mask(0, "disc", first), ...mask(1, "star", second)],
    scenes: {
      objects: [
        { category: "disc", crowd: false },
        { category: "star", crowd: false }
      ]
    },
    tasks: [{ task: "shapes", primary: "disc", secondary: "star", left_out: null }]
  }
})
