/**
 * A run in a process of its own that kills itself at its n-th mutating call, half of a write on the disk:
 * `node crash-child.mjs FOLDER N [JOBS]`. Bundled by crash.test.ts.
 */
import { killAt } from "./faults.ts"
import { crashGraph, Lab } from "./lab.ts"

const [, , folder, n, jobs] = process.argv
const lab = new Lab(folder)
await lab.run(crashGraph(lab), { jobs: Number(jobs ?? 1), files: killAt(Number(n)) })
process.send?.("finished")
