/** Snakemake, with one rule per stage. `SNAKEMAKE` names the program if it is not on the path. */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { stages, writeOutputs } from "./tasks.mjs"

const program = process.env["SNAKEMAKE"] ?? "snakemake"

/** @type {import("./tasks.mjs").Peer} */
export const snakemake = {
  name: "snakemake",
  isFew: false,
  version: () => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout?.trim() || null,
  write(folder, branches) {
    const rules = Array.from({ length: stages }, (_, stage) => {
      const from = stage === 0 ? "in/{branch}.txt" : `out/${stage - 1}/{branch}.txt`
      return [
        `rule stage${stage}:`,
        `    input: "${from}"`,
        `    output: "out/${stage}/{branch}.txt"`,
        `    shell: "cat {input} > {output}; echo ${stage} >> {output}"`,
        ""
      ].join("\n")
    })
    const all = `rule all:\n    input: expand("out/${stages - 1}/{branch}.txt", branch=range(${branches}))\n`
    writeFileSync(join(folder, "Snakefile"), [all, ...rules].join("\n"))
  },
  pretend(folder, branches) {
    writeOutputs(folder, branches)
    return { command: program, args: ["--cores", "2", "--quiet", "all", "--touch"], cwd: folder }
  },
  build: (folder) => ({ command: program, args: ["--cores", "2", "--quiet", "all"], cwd: folder })
}
