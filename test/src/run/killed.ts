/** Runs in a child that a signal kills, as `kill -9` does: nothing of it can tidy up. */
import { fork } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { serialize } from "node:v8"
import { rolldown } from "rolldown"
import type { Lab } from "./lab.ts"
import type { World } from "./worlds.ts"

const cache = resolve(import.meta.dirname, "../../../node_modules/.cache/probeline-test")

/** Bundles a file beside this one, so that a process without vitest can import it; each test file has its own. */
export async function bundled(name: string): Promise<{ readonly file: string; remove(): void }> {
  mkdirSync(cache, { recursive: true })
  const file = join(cache, `${name}-${process.pid}.mjs`)
  const bundle = await rolldown({
    input: join(import.meta.dirname, `${name}.ts`),
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    logLevel: "silent"
  })
  await bundle.write({ file, format: "esm", codeSplitting: false })
  return { file, remove: () => rmSync(file, { force: true }) }
}

interface Killed {
  /** crash-child.ts, bundled */
  readonly child: string
  /** the mutating call that it dies at, from 0 */
  readonly at: number
  readonly jobs?: number
  /** the run's id; the lab's next by default */
  readonly id?: string
  /** without one, the small world of `crashGraph` */
  readonly world?: World
}
/** Runs in a lab's folder by a child that dies; gives the signal that ended it, or "exit CODE". */
export function killedRun(
  lab: Lab,
  { child, at, jobs = 1, id = lab.nextId(), world }: Killed
): Promise<string> {
  const argv = [lab.folder, String(at), id, String(jobs)]
  if (world !== undefined) {
    const file = join(lab.folder, "world.bin")
    writeFileSync(file, serialize(world))
    argv.push(file)
  }
  return new Promise((done) => {
    const process_ = fork(child, argv, { stdio: "ignore" })
    process_.on("exit", (code, signal) => done(signal ?? `exit ${code}`))
  })
}
