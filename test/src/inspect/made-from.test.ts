/** What `show` says an artifact was made with is what its key says. */
import { afterEach, expect, it } from "vitest"
import { file } from "../../../src/index.ts"
import { madeFrom } from "../../../src/inspect/made-from.ts"
import { coarse, Lab, numbers } from "../run/lab.ts"
import { storeOf } from "../store/gc/worlds.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

it("has the parameters of the run that is asked for, and nothing where the trace is not of this artifact", async () => {
  const lab = new Lab()
  labs.push(lab)
  const source = numbers("source", { file: file(lab.writeItems({ a: [3, 1], b: [8, 1] })) })
  const at = async (step: number) => {
    const { run } = await lab.run(lab.graph({ out: coarse("steps", { of: source, step }) }))
    const node = run.nodes.find(({ id }) => id === "steps")!
    const manifest = (await storeOf(lab).manifest(node.artifact!))!
    return { node, manifest }
  }
  const [two, five] = [await at(2), await at(5)]
  const ask = ({ manifest }: typeof two, { node }: typeof two) => madeFrom(storeOf(lab), manifest, node)
  expect(await ask(two, two)).toMatchObject({ params: { step: 2 }, about: null })
  expect(await ask(five, five)).toMatchObject({ params: { step: 5 } })
  expect(await ask(five, two)).toBeNull()
  expect(await madeFrom(storeOf(lab), two.manifest, null)).toBeNull()
})
