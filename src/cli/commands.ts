/** The commands, in the order of the help. */
import { acceptCommand } from "./accept.ts"
import type { Command } from "./command.ts"
import { dagCommand } from "./dag.ts"
import { diffCommand } from "./diff.ts"
import { exportCommand } from "./export.ts"
import { plotCommand } from "./plot.ts"
import { gcCommand } from "./gc.ts"
import { reportCommand } from "./report.ts"
import { runCommand } from "./run.ts"
import { runsCommand } from "./runs.ts"
import { showCommand } from "./show.ts"
import { statusCommand } from "./status.ts"
import { verifyCommand } from "./verify.ts"
import { whyCommand } from "./why.ts"

export const ownCommands: ReadonlyArray<Command> = [
  runCommand,
  statusCommand,
  whyCommand,
  dagCommand,
  runsCommand,
  showCommand,
  diffCommand,
  exportCommand,
  plotCommand,
  reportCommand,
  gcCommand,
  verifyCommand,
  acceptCommand
]
