/** A process of its own that takes a lock, as the tests' parent tells it over Node's IPC. Bundled by bench.ts. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { withLock } from "../../../../src/store/lock/lock.ts"
import { makeStore } from "../../../../src/store/store.ts"
import type { ChildTask, FromChild } from "./bench.ts"
import { dyingAt, withoutHardLinks } from "./decorations.ts"

const task = JSON.parse(process.argv[2]!) as ChildTask
process.umask(0o002)
const say = (message: FromChild) => void process.send!(message)
const told = () => new Promise<void>((resolve) => void process.once("message", () => resolve()))

let files = nodeFileSystem()
if (task.noHardLinks === true) files = withoutHardLinks(files)
if (task.dieAt !== undefined) files = dyingAt(task.dieAt, files)
const lock = withLock(makeStore(task.root, files), "stage", {
  wait: true,
  onWait: (holder) => say({ type: "waits", for: holder.pid }),
  now: Date.now,
  run: task.run ?? "child"
})

/** Adds one to a number in a file, in several steps: two at once would write the same number twice. */
const count = async () => {
  const [counter, log] = [join(task.root, "counter"), join(task.root, "counted")]
  const next = Number(fs.readFileSync(counter, "utf8")) + 1
  say({ type: "inside" })
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  fs.writeFileSync(`${counter}-${process.pid}`, String(next))
  fs.renameSync(`${counter}-${process.pid}`, counter)
  fs.appendFileSync(log, `${next}\n`)
}

if (task.job === "hold") {
  const release = told()
  say({ type: "ready" })
  await Effect.runPromise(
    lock(
      Effect.promise(() => {
        say({ type: "inside" })
        return release
      })
    )
  )
} else if (task.job === "once") await Effect.runPromise(lock(Effect.sync(() => say({ type: "inside" }))))
else {
  const go = told()
  say({ type: "ready" })
  await go
  for (let i = 0; i < task.sections!; i++) await Effect.runPromise(lock(Effect.promise(count)))
}
process.disconnect()
