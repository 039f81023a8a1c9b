import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { expect, it } from "vitest"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { lifeOf, thisProcess } from "../../../../src/store/files/process-identity.ts"

const files = nodeFileSystem()
const linux = existsSync("/proc/self/stat")
const without = (hidden: RegExp) => ({
  ...files,
  readIfPresent: (file: string) => (hidden.test(file) ? null : files.readIfPresent(file))
})

it("this process lives, and one with its pid of another time or boot does not", () => {
  const me = thisProcess(files)
  expect(me).toMatchObject({ pid: process.pid })
  expect(me.boot).not.toBe("")
  expect(me.started).toMatch(/\d/)
  expect(lifeOf(me, me, files)).toBe("alive")
  expect(lifeOf({ ...me, boot: "an earlier one" }, me, files)).toBe("dead")
  expect(lifeOf({ ...me, started: `${me.started}0` }, me, files)).toBe("dead")
})

it("a process that has ended is dead", async () => {
  const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" })
  const pid = child.pid!
  await new Promise((resolve) => child.on("exit", resolve))
  const me = thisProcess(files)
  expect(lifeOf({ ...me, pid }, me, files)).toBe("dead")
})

it("another host's process cannot be seen from here, whatever its pid", () => {
  const me = thisProcess(files)
  expect(lifeOf({ ...me, host: "elsewhere" }, me, files)).toBe("unknown")
  expect(lifeOf({ ...me, pidNamespace: "another" }, me, files)).toBe("unknown")
})

it.skipIf(!linux)("a process that /proc hides (hidepid) is not taken for dead", () => {
  const me = thisProcess(files)
  expect(lifeOf({ ...me, pid: process.ppid }, me, without(/^\/proc\/\d+\//))).toBe("unknown")
})

it("where there is no /proc, ps answers", () => {
  const none = without(/^\/proc\//)
  const me = thisProcess(none)
  expect(me.started).toMatch(/\d\d:\d\d:\d\d/)
  expect(lifeOf(me, me, none)).toBe("alive")
  expect(lifeOf({ ...me, started: "Thu Jan 1 00:00:00 1970" }, me, none)).toBe("dead")
})
