import { expect, it } from "vitest"
import { MemoryBudget } from "../../../stages/extract-activations/inputs.ts"

/** Uses of a room that end when they are told, and what is in it meanwhile. */
function uses(room: MemoryBudget) {
  const inside: Array<string> = []
  const ends = new Map<string, (error?: Error) => void>()
  const use = (name: string, amount: number) =>
    room.with(amount, () => {
      inside.push(name)
      return new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => {
          inside.splice(inside.indexOf(name), 1)
          if (error === undefined) resolve()
          else reject(error)
        })
      })
    })
  const end = async (name: string, error?: Error) => {
    ends.get(name)!(error)
    await new Promise(setImmediate)
  }
  return { inside, use, end }
}

it("lets in what fits, and others when room is made", async () => {
  const { inside, use, end } = uses(new MemoryBudget(10))
  void use("a", 6)
  void use("b", 4)
  void use("c", 5)
  expect(inside).toEqual(["a", "b"])
  await end("b")
  expect(inside).toEqual(["a"])
  await end("a")
  expect(inside).toEqual(["c"])
})

it("gives what is larger than itself all of itself, and lets nobody in beside it", async () => {
  const { inside, use, end } = uses(new MemoryBudget(10))
  void use("small", 1)
  void use("large", 50)
  expect(inside).toEqual(["small"])
  await end("small")
  expect(inside).toEqual(["large"])
  void use("late", 1)
  expect(inside).toEqual(["large"])
  await end("large")
  expect(inside).toEqual(["late"])
})

it("is free again after a failure", async () => {
  const { inside, use, end } = uses(new MemoryBudget(1))
  const failing = use("a", 1)
  void use("b", 1)
  const caught = expect(failing).rejects.toThrow("torn")
  await end("a", new Error("torn"))
  await caught
  expect(inside).toEqual(["b"])
})
