/** What a user calls a run: a name and a note, in the file `labels.json` of the run's folder, which may change later. */
import * as path from "node:path"
import { usage } from "../../support/problem.ts"
import { isRunName } from "../files/own-names.ts"
import { replaceFile } from "../files/replace-file.ts"
import { storeProblem } from "../files/store-error.ts"
import type { Store } from "../store.ts"

export interface Labels {
  readonly name: string | null
  readonly note: string | null
}
const none: Labels = { name: null, note: null }

const fileOf = (store: Store, run: string) => path.join(store.layout.run(run), "labels.json")

/** The labels of a run; both null if it has none, or if their file is damaged. */
export function labelsOf(store: Store, run: string): Labels {
  try {
    const bytes = store.files.readIfPresent(fileOf(store, run))
    if (bytes === null) return none
    const { name, note } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    return {
      name: typeof name === "string" && wrongRunName(name) === null ? name : null,
      note: typeof note === "string" ? note : null
    }
  } catch {
    return none
  }
}

/** Replaces the labels of a run. */
export function labelRun(store: Store, run: string, labels: Labels): void {
  try {
    replaceFile(store.files, fileOf(store, run), `${JSON.stringify(labels)}\n`)
    store.files.syncFolder(store.layout.run(run))
  } catch (error) {
    throw storeProblem(error, store.root, `label run ${run}`)
  }
}

const runName = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/
const digits = /^[0-9a-f]{6,}$/

/** Explains as a predicate why a run cannot have a name; null if it can. A name must not look like another reference. */
function wrongRunName(name: string): string | null {
  if (!runName.test(name))
    return "is not a letter followed by at most 99 letters, digits, dots, dashes or underscores"
  if (name === "latest" || isRunName(name)) return "already refers to a run"
  if (digits.test(name)) return "looks like the digest of an artifact"
  return null
}

/** @throws Problem Usage, naming the field, if a run cannot have this name */
export function checkRunName(name: string, field: string): string {
  const wrong = wrongRunName(name)
  if (wrong !== null)
    throw usage(`a run cannot be named ${JSON.stringify(name)}: it ${wrong}`, field, "for example vit-large")
  return name
}
