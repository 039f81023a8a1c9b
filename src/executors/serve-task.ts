/**
 * Executes a task for another process, independent of the transport: finds the stage, executes the task, and reports the
 * outcome. `bin/worker.ts` receives tasks over Node's IPC; a cluster worker would read them from files.
 */
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import { executeTask } from "../run/execute-task.ts"
import { Resources, type Tools } from "../run/resources.ts"
import { nodeFileSystem } from "../store/files/file-system.ts"
import { layout } from "../store/files/layout.ts"
import { StatCache } from "../store/fresh/stat-cache.ts"
import { makeStore } from "../store/store.ts"
import { isProblem } from "../support/problem.ts"
import { machineProblem } from "../support/system-error.ts"
import type { FromWorker, SentTask } from "./protocol.ts"

/** The tools to execute tasks of one store. @param root the store's folder */
export function workerTools(root: string): Tools {
  const files = nodeFileSystem()
  return {
    store: makeStore(root, files),
    digests: new StatCache(files, layout(root).statCache, () => Date.now()),
    resources: new Resources()
  }
}

/** Never rejects: failures are reported through `say`. A task can be stopped only by ending the process. */
export async function serveTask(
  sent: SentTask,
  tools: Tools,
  say: (said: FromWorker) => void
): Promise<void> {
  try {
    const task = { ...sent, stage: await findStage(sent.stage), address: sent.stage }
    const report = {
      log: (message: string) => say({ type: "log", message }),
      progress: (done: number, total: number) => say({ type: "progress", done, total })
    }
    say({ type: "started" })
    const { signal } = new AbortController()
    say({ type: "result", result: await executeTask(task, report, tools, signal) })
  } catch (error) {
    say(failureOf(error, sent))
  }
}

function failureOf(error: unknown, { stage, node }: SentTask): FromWorker {
  const problem = isProblem(error)
    ? error
    : machineProblem(error, `stage "${stage.export}" (node "${node}") failed`)
  if (problem === null) {
    const { message, stack = "" } = error as Error
    return { type: "defect", message, stack }
  }
  const { sourceStack: stack } = problem
  return { type: "problem", problem: { ...problem.toJSON(), ...(stack === null ? {} : { stack }) } }
}

async function findStage({ url, module, export: name }: StageAddress): Promise<AnyStage> {
  const loaded = (await import(url)) as Record<string, unknown>
  const namespace =
    module === null ? loaded : (loaded["modules"] as Record<string, Record<string, unknown>>)[module]!
  return (namespace[name] as { readonly stage: AnyStage }).stage
}
