/**
 * A run in a process of its own that kills itself at its n-th mutating call, half of a write on the disk:
 * `node crash-child.mjs FOLDER N ID [JOBS [WORLD]]`. WORLD is a file with a world, serialized by node:v8; without it
 * the small world of `crashGraph` is run. Bundled and started by killed.ts.
 */
import { readFileSync } from "node:fs"
import { deserialize } from "node:v8"
import { killAt, unflushed } from "./faults.ts"
import { crashGraph, Lab } from "./lab.ts"
import { build, type World } from "./worlds.ts"

const [, , folder, n, id, jobs, world] = process.argv
const lab = new Lab(folder)
const graph = world === undefined ? crashGraph(lab) : build(lab, deserialize(readFileSync(world)) as World)
await lab.run(graph, {
  id: id!,
  jobs: Number(jobs ?? 1),
  keepGoing: world !== undefined,
  files: (files) => killAt(Number(n))(unflushed(files))
})
