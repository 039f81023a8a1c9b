/** All tools build `out/<stage>/<branch>.txt` from `in/<branch>.txt`, stage by stage. */

import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Stages per branch. */
export const stages = 5

/** Writes the outputs that the tasks would write. @param {string} folder @param {number} branches */
export function writeOutputs(folder, branches) {
  for (let stage = 0; stage < stages; stage++) {
    const out = join(folder, "out", String(stage))
    mkdirSync(out, { recursive: true })
    const lines = Array.from({ length: stage + 1 }, (_, i) => `${i}\n`).join("")
    for (let branch = 0; branch < branches; branch++)
      writeFileSync(join(out, `${branch}.txt`), `input of ${branch}\n${lines}`)
  }
}

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {boolean} isFew skipped for many branches
 * @property {(folder: string, branches: number) => import("../measure.mjs").Command} [pretend] replaces the first run
 * of many branches, which would take many minutes: marks existing outputs as those of its tasks
 * @property {(folder: string) => string | null} version null if it is not installed
 * @property {(folder: string, branches: number) => void} write
 * @property {(folder: string) => import("../measure.mjs").Command} build
 */
