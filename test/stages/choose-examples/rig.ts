/** Scenes, tasks and support in memory, and what choose-examples makes of them. */
import { chooseExamples } from "../../../stages/choose-examples/stage.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { noObject } from "../../../stages/tables/ids.ts"
import type { SupportRow } from "../../../stages/tables/support.ts"
import type { TaskRow } from "../../../stages/tables/tasks.ts"
import { computeOf, fakeContext, lossesOf, tableOf } from "../fakes.ts"

export interface GivenScene {
  readonly item: string
  readonly objects: ReadonlyArray<{
    readonly category: string
    readonly crowd: boolean
    readonly segmentation?: ReadonlyArray<ReadonlyArray<number>>
  }>
  readonly image_group?: string
  readonly left_out?: ReadonlyArray<{
    readonly id: number
    readonly category: string
    readonly reason: string
  }>
}
export type GivenTask = TaskRow & { readonly item: string }
type Asked = Pick<SupportRow, "encoder" | "selection">

export const sceneOf = (item: string, categories: ReadonlyArray<string>): GivenScene => ({
  item,
  objects: categories.map((category) => ({ category, crowd: false }))
})
export const taskOf = (
  item: string,
  task: string,
  primary: string,
  secondary: string,
  left_out: string | null = null
): GivenTask => ({ item, task, primary, secondary, left_out })

export const sceneTable = (scenes: ReadonlyArray<GivenScene>) =>
  tableOf(
    scenes.map((scene) => ({
      left_out: [],
      image_group: scene.item,
      ...scene,
      objects: scene.objects.map((object, i) => ({ segmentation: [[i]], ...object }))
    }))
  )

export const vit: Asked = { encoder: "vit", selection: "aligned" }
export const clip: Asked = { encoder: "clip", selection: "aligned" }
export const uncovered = "no token: it fills no patch to the threshold"
type Lacks = (who: Asked, scene: string, object: number, task: string | null) => string | null
const lacksNothing: Lacks = () => null

/** Rows as find-support makes them: of the tasks if there are any, else of the objects. */
export const supportRows = (
  scenes: ReadonlyArray<GivenScene>,
  tasks: ReadonlyArray<GivenTask>,
  asked: ReadonlyArray<Asked>,
  lacks: Lacks
): ReadonlyArray<SupportRow> =>
  asked.flatMap((who) => {
    const row = (scene: string, object: number, task: string | null): SupportRow => ({
      ...who,
      task,
      scene,
      object,
      reason: lacks(who, scene, object, task),
      lacks: []
    })
    return tasks.length > 0
      ? tasks.map(({ item, task }) => row(item, noObject, task))
      : scenes.flatMap(({ item, objects }) => objects.map((_, object) => row(item, object, null)))
  })

export interface Given {
  readonly question: "category" | "pair" | "presence"
  readonly scenes: ReadonlyArray<GivenScene>
  /** the port `tasks` is empty if this is absent */
  readonly tasks?: ReadonlyArray<GivenTask>
  readonly asked?: ReadonlyArray<Asked>
  readonly lacks?: Lacks
  /** in place of `asked` and `lacks` */
  readonly support?: ReadonlyArray<SupportRow>
  readonly categories?: ReadonlyArray<string>
  readonly examples?: "common" | "own"
  readonly minimum?: number
  readonly classes?: number
  readonly cap?: number
  readonly seed?: number
}

function preparedOf({
  scenes,
  tasks,
  asked = [vit],
  lacks = lacksNothing,
  support = supportRows(scenes, tasks ?? [], asked, lacks),
  ...params
}: Given) {
  return {
    inputs: {
      scenes: sceneTable(scenes),
      tasks: tasks === undefined ? undefined : tableOf(tasks),
      support: tableOf(support)
    },
    params: {
      categories: [],
      examples: "common",
      minimum: 2,
      classes: 20,
      cap: 100,
      seed: 0,
      ...params
    }
  }
}

export async function examplesOf(given: Given): Promise<ReadonlyArray<Example>> {
  const { inputs, params } = preparedOf(given)
  return computeOf(chooseExamples)(inputs, params, fakeContext(chooseExamples, params.seed))
}
export async function toldOf(given: Given) {
  const { inputs, params } = preparedOf(given)
  const output = tableOf((await examplesOf(given)).map((row) => ({ ...row, item: "" })))
  return lossesOf(chooseExamples, { output, inputs, params })
}

export const kept = (examples: ReadonlyArray<Example>): ReadonlyArray<Example> =>
  examples.filter(({ left_out }) => left_out === null)
export const labelsOf = (examples: ReadonlyArray<Example>): ReadonlyArray<string> =>
  [...new Set(examples.map(({ label }) => label))].sort()
