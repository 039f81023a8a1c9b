/**
 * The same DAG in other tools: `branches` × five stages. Each stage copies its input and adds a line.
 *
 * The other tools start a process per task (`cat`, `echo`), two at a time. Probeline calls a function in its own process
 * and stores more than a copy: values, digests, and reasons. So the first runs measure the cost of starting processes.
 * Comparable are the no-op and the extra cost of one changed input.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inFolder, interleaved, line, probeline, root, summary, timed } from "../measure.mjs"
import { make } from "./make.mjs"
import { snakemake } from "./snakemake.mjs"
import { stages } from "./tasks.mjs"
import { wireit } from "./wireit.mjs"

const rounds = 5
/** With more branches, the slow tools take many minutes. */
const fewBranches = 100

/** @type {import("./tasks.mjs").Peer} */
const ours = {
  name: "probeline",
  isFew: false,
  version: () => "",
  write: () => {},
  build: (folder, branches) =>
    probeline(
      "run",
      join(root, "bench/pipelines/branches.ts"),
      "-S",
      `folder=${folder}`,
      "-S",
      `branches=${branches}`,
      "--store",
      join(folder, "store")
    )
}

/** @param {ReadonlyArray<number>} sizes */
export async function peers(sizes) {
  for (const branches of sizes)
    inFolder((folder) => {
      const able = [ours, make, snakemake, wireit].flatMap((peer) => {
        const name = `${(branches * stages).toLocaleString("en")} tasks, ${peer.name}`
        if (peer.isFew && branches > fewBranches) return []
        const place = join(folder, peer.name)
        mkdirSync(join(place, "in"), { recursive: true })
        for (let branch = 0; branch < branches; branch++)
          writeFileSync(join(place, "in", `${branch}.txt`), `input of ${branch}\n`)
        const version = peer.version(place)
        if (version === null) {
          line(name, "not installed")
          return []
        }
        peer.write(place, branches)
        const pretend =
          peer.pretend === undefined || branches <= fewBranches ? null : peer.pretend(place, branches)
        const build = () => peer.build(place, branches)
        return [{ name: `${name} ${version}`.trimEnd(), build, pretend, place }]
      })
      for (const { name, build, pretend } of able)
        if (pretend === null) line(`${name}: first run`, summary([timed(build())]))
        else timed(pretend)
      const noop = interleaved(rounds, Object.fromEntries(able.map(({ name, build }) => [name, build])))
      for (const { name } of able) line(`${name}: no-op`, summary(noop[name]))
      let change = 0
      const changed = interleaved(
        rounds,
        Object.fromEntries(
          able.map(({ name, build, place }) => [
            name,
            () => {
              writeFileSync(join(place, "in/0.txt"), `changed for the time ${change++}\n`)
              return build()
            }
          ])
        )
      )
      for (const { name } of able) line(`${name}: one input changed`, summary(changed[name]))
    })
}
