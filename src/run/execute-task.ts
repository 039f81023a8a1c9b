/** Executes one task in this process: what every executor comes down to. */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import { executeItems } from "./execute-items.ts"
import { executeSource } from "./execute-source.ts"
import { executeWhole } from "./execute-whole.ts"
import type { Tools } from "./resources.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"
export const executeTask = (
  task: Task,
  report: TaskReport,
  tools: Tools
): Effect.Effect<TaskResult, Problem> => {
  switch (task.stage.kind) {
    case "source":
      return executeSource(task, report, tools)
    case "itemwise":
      return executeItems(task, report, tools)
    case "whole":
      return executeWhole(task, report, tools)
  }
}
