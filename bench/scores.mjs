/**
 * Scores: the memory of `score-probes` over millions of predictions, and the time of `aggregate` over thousands of cells.
 *
 *     npm run build
 *     node bench/scores.mjs [FITS] [CELLS] [JOBS]
 *
 * FITS fits of 81,140 predictions each (default 247: 20 million) and CELLS scores (default 16,000) are planted by a run
 * of their own; then each stage runs alone. A node's time is the run's own; memory is the resident peak of the process
 * that computes.
 */
import { join } from "node:path"
import { inFolder, line, probeline, root, timed } from "./measure.mjs"

const [fits = "247", cells = "16000", jobs = "1"] = process.argv.slice(2)
const pipeline = join(root, "bench/pipelines/scores.ts")

inFolder((store) => {
  const run = (node) => {
    const settings = ["-S", `fits=${fits}`, "-S", `cells=${cells}`]
    const made = timed(probeline("run", pipeline, node, ...settings, "--store", store, "-j", jobs, "--json"))
    const { seconds, bytes } = JSON.parse(made.stdout).nodes.find(({ id }) => id === node)
    const memory = made.mebibytes === null ? "" : `, ${Math.round(made.mebibytes)} MiB`
    line(`${node}`, `${seconds.toFixed(1)} s${memory}, ${(bytes / 2 ** 20).toFixed(1)} MiB written`)
  }
  line("predictions", (Number(fits) * 5 * 16_228).toLocaleString("en-GB"))
  line("cells", Number(cells).toLocaleString("en-GB"))
  for (const node of ["fits", "scored", "planted", "measures"]) run(node)
})
