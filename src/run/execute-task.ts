/** Executes one task in this process; every executor ends up here. */
import { executeItems } from "./execute-items.ts"
import { executeSource } from "./execute-source.ts"
import { executeWhole } from "./execute-whole.ts"
import type { Tools } from "./resources.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"

/** @throws Problem of the stage or the store */
export function executeTask(
  task: Task,
  report: TaskReport,
  tools: Tools,
  signal: AbortSignal
): Promise<TaskResult> {
  switch (task.stage.kind) {
    case "source":
      return executeSource(task, report, tools, signal)
    case "itemwise":
      return executeItems(task, report, tools, signal)
    case "whole":
      return executeWhole(task, report, tools, signal)
  }
}
