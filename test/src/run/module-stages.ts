/** Stages in a module of plain JavaScript, as a user's bundle has them: worker processes find them by address. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { AnyRef, AnyStage, Stage } from "../../../src/pipeline/stage.ts"
import type { Lab, LabOptions } from "./lab.ts"

const dist = new URL("../../../dist/", import.meta.url)

export interface ModuleStages {
  /** makes a node of the stage that the module exports by this name */
  readonly call: (name: string, id: string, args: object) => AnyRef
  /** for stages with `isolate: true` */
  readonly workers: NonNullable<LabOptions["workers"]>
}

/** @param text the module without its import of Probeline, which names everything it can declare a stage with */
export async function moduleStages(lab: Lab, text: string): Promise<ModuleStages> {
  const file = join(lab.folder, "stages.mjs")
  const names = "column, defineStage, each, group, many, one, optional, param, rows, StageError, table, whole"
  writeFileSync(file, `import { ${names} } from ${JSON.stringify(new URL("index.js", dist).href)}\n${text}`)
  const url = pathToFileURL(file).href
  const module = (await import(url)) as Record<string, Stage<never, never, never, never>>
  const addressOf = (stage: AnyStage) => {
    const found = Object.entries(module).find(([, one]) => one.stage === stage)
    return found === undefined ? null : { url, module: null, export: found[0] }
  }
  return {
    call: (name, id, args) => (module[name] as unknown as (id: string, args: object) => AnyRef)(id, args),
    workers: { entry: new URL("worker.js", dist), addressOf }
  }
}
