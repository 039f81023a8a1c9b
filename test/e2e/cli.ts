/** The real command line, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The built binary. */
export const binary = here("../../dist/probeline.js")
if (!fs.existsSync(binary))
  throw new Error("dist/probeline.js is missing: `npm run build` makes it, and `npm test` does so first")

export const pipelines = here("../../pipelines")
/** A small vision transformer with random weights. */
export const encoder = here("../fixtures/vit-random/model.onnx")
export const fixtures = here("../fixtures/e2e")
/** Scenes to measures with one tap; parameters scenes, seed, taps, encoder, preset. */
export const small = path.join(fixtures, "small.ts")

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when stderr or stdout has matched; rejects when the process ends before. */
  readonly seen: (pattern: RegExp) => Promise<void>
}
export interface Rig {
  /** the working directory of the commands */
  readonly folder: string
  readonly start: (...argv: ReadonlyArray<string>) => Started
  readonly cli: (...argv: ReadonlyArray<string>) => Promise<Ended>
  /** The same with --json, its document parsed. */
  readonly json: (...argv: ReadonlyArray<string>) => Promise<Ended & { readonly document: any }>
  /** Writes a file in the folder, and gives its path. */
  readonly write: (name: string, content: string | Uint8Array) => string
  readonly at: (name: string) => string
  /** Ends what still runs, after a test that timed out, and removes the folder. */
  readonly remove: () => void
}
export interface RigOptions {
  /** added to a bare environment, in which the user's settings do not count */
  readonly env?: Readonly<Record<string, string>>
  /** run as another user than the tests' own, who must be root */
  readonly uid?: number
  /** the `node` that runs the binary; the tests' own by default */
  readonly node?: string
}

/** A folder for one test file, or one test. */
export function makeRig({ env = {}, uid, node = process.execPath }: RigOptions = {}): Rig {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "probeline-e2e-"))
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, ...env }
  const running = new Set<ChildProcess>()
  const user = uid === undefined ? {} : { uid, gid: uid }
  const start = (...argv: ReadonlyArray<string>): Started => {
    const child = spawn(node, [binary, ...argv], {
      cwd: folder,
      env: environment,
      stdio: "pipe",
      ...user
    })
    running.add(child)
    let [stdout, stderr] = ["", ""]
    const waiting = new Set<() => void>()
    const tell = () => waiting.forEach((look) => look())
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      tell()
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      tell()
    })
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on("error", reject)
      child.on("close", (code, signal) => {
        running.delete(child)
        resolve({ code, signal, stdout, stderr })
      })
    })
    const seen = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stderr) && !pattern.test(stdout)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended before ${pattern} was seen:\n${stdout}\n${stderr}`)))
      })
    return { child, ended, seen }
  }
  const cli = (...argv: ReadonlyArray<string>) => start(...argv).ended
  const at = (name: string) => path.join(folder, name)
  return {
    folder,
    start,
    cli,
    json: async (...argv) => {
      const ended = await cli(...argv, "--json")
      try {
        return { ...ended, document: JSON.parse(ended.stdout) }
      } catch {
        throw new Error(`stdout is no JSON document:\n${ended.stdout}\n${ended.stderr}`)
      }
    },
    write(name, content) {
      fs.mkdirSync(path.dirname(at(name)), { recursive: true })
      fs.writeFileSync(at(name), content)
      return at(name)
    },
    at,
    remove() {
      for (const child of running) child.kill("SIGKILL")
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
