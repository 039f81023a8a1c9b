/** GNU make, with explicit rules, so that it does not search for implicit ones. */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { stages } from "./tasks.mjs"

/** @type {import("./tasks.mjs").Peer} */
export const make = {
  name: "make",
  isFew: false,
  version: () =>
    /GNU Make (\S+)/.exec(spawnSync("make", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1] ?? null,
  write(folder, branches) {
    const of = (stage, branch) => (stage < 0 ? `in/${branch}.txt` : `out/${stage}/${branch}.txt`)
    const all = Array.from({ length: branches }, (_, branch) => branch)
    const rules = Array.from({ length: stages }, (_, stage) =>
      all.map(
        (branch) =>
          `${of(stage, branch)}: ${of(stage - 1, branch)} | out/${stage}\n\t@cat $< > $@; echo ${stage} >> $@\n`
      )
    ).flat()
    const folders = Array.from({ length: stages }, (_, stage) => `out/${stage}`).join(" ")
    const text = [
      `all: ${all.map((branch) => of(stages - 1, branch)).join(" ")}\n`,
      `${folders}:\n\t@mkdir -p $@\n`,
      ...rules
    ]
    writeFileSync(join(folder, "Makefile"), text.join("\n"))
  },
  build: (folder) => ({ command: "make", args: ["-s", "-j2"], cwd: folder })
}
