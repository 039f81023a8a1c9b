import { afterEach, expect, it } from "vitest"
import { processOutput } from "../../../src/cli/output.ts"

const { isTTY, columns } = process.stdout
const set = (given: { isTTY: boolean | undefined; columns: number | undefined }) =>
  Object.defineProperties(process.stdout, {
    isTTY: { value: given.isTTY, configurable: true, writable: true },
    columns: { value: given.columns, configurable: true, writable: true }
  })
afterEach(() => {
  set({ isTTY, columns })
  process.stdout.removeAllListeners("error")
  process.stderr.removeAllListeners("error")
})

it.each([
  ["a terminal", { isTTY: true, columns: 72 }, 72],
  ["a terminal that does not know its width", { isTTY: true, columns: 0 }, 100],
  ["a pipe or a file, in which nothing is cut", { isTTY: undefined, columns: undefined }, Infinity],
  ["a pipe in a shell that sets COLUMNS", { isTTY: undefined, columns: 80 }, Infinity]
])("stdout is as wide as there is room: %s", (_name, given, width) => {
  set(given)
  expect(processOutput().width).toBe(width)
})
