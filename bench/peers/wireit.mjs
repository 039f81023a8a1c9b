/** wireit, installed into the folder by npm, with one script per task. */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { stages } from "./tasks.mjs"

/** @type {import("./tasks.mjs").Peer} */
export const wireit = {
  name: "wireit",
  // npm and wireit read all scripts at every step
  isFew: true,
  version(folder) {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }))
    const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "wireit"], { cwd: folder })
    if (status !== 0) return null
    return JSON.parse(readFileSync(join(folder, "node_modules/wireit/package.json"), "utf8")).version
  },
  write(folder, branches) {
    const scripts = { all: "wireit" }
    const tasks = { all: { dependencies: [] } }
    for (let branch = 0; branch < branches; branch++) {
      for (let stage = 0; stage < stages; stage++) {
        const from = stage === 0 ? `in/${branch}.txt` : `out/${stage - 1}/${branch}.txt`
        const to = `out/${stage}/${branch}.txt`
        scripts[`${stage}-${branch}`] = "wireit"
        tasks[`${stage}-${branch}`] = {
          command: `mkdir -p out/${stage} && cat ${from} > ${to} && echo ${stage} >> ${to}`,
          dependencies: stage === 0 ? [] : [`${stage - 1}-${branch}`],
          files: stage === 0 ? [from] : [],
          output: [to]
        }
      }
      tasks.all.dependencies.push(`${stages - 1}-${branch}`)
    }
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, scripts, wireit: tasks }))
  },
  build: (folder) => ({
    command: "env",
    args: ["WIREIT_PARALLEL=2", "npm", "run", "--silent", "all"],
    cwd: folder
  })
}
