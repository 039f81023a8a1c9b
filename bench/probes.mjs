/**
 * The fits of probes, beside scikit-learn's of the same questions.
 *
 *     node bench/probes.mjs STORE [EVERY] [QUESTIONS] [SPLITS]
 *
 * STORE holds a run of `pipelines/coco.ts` up to its activations and examples; without one, this says how to make it.
 * Probeline fits every EVERY-th question (default 1: all). scikit-learn fits QUESTIONS of them (default 2; 0: none), of
 * which SPLITS outer splits (default 5); for the ratio, Probeline fits those once more. `PYTHON` names a Python with scikit-learn
 * (default: python3).
 *
 * Both use two threads. CPU time covers all threads and processes; a loaded machine inflates it, but for both alike.
 */
import { spawnSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import { join } from "node:path"
import { importTypeScript } from "../tools/import-typescript.mjs"
import { inFolder, line, root } from "./measure.mjs"

const [store, every = "1", compared = "2", splits = "5"] = process.argv.slice(2)
if (store === undefined || !existsSync(join(store, "runs", "latest"))) {
  console.error(`usage: node bench/probes.mjs STORE [EVERY] [QUESTIONS] [SPLITS]

To make STORE, see docs/coco350/README.md; no more than this is needed:
  npx probeline run pipelines/coco.ts activations examples --store STORE -S annotations=instances.json \\
    -S captions=captions.json -S images=images -S encoder=vit_s_focus.onnx -S preset=dinov2 -S name=dinov2-small`)
  process.exit(2)
}

const { cocoQuestions, DEFAULT_GRID, fitLogistic, fitPerceptron, pairedQuestions } =
  await importTypeScript("bench/probes/fit.ts")
const python = process.env["PYTHON"] ?? "python3"
const lacking = whyNotPython()

const probes = {
  logistic: (question) => fitLogistic({ ...question, seed: 7, threads: 2 }),
  perceptron: (question) => fitPerceptron(question)
}
const suites = { coco350: () => cocoQuestions(store), paired: () => pairedQuestions() }
for (const [suite, make] of Object.entries(suites)) {
  const all = await make()
  const questions = all.filter((_, i) => i % Number(every) === Math.floor(Number(every) / 2))
  await fitLogistic({ ...questions[0], outer: questions[0].outer.slice(0, 1), seed: 7 }) // compiles
  for (const [probe, fit] of Object.entries(probes)) {
    const used = await sumOf(questions, fit)
    line(`${suite}: ${questions.length} of ${all.length} ${probe} probes`, seconds(used))
  }
  if (Number(compared) === 0) continue
  if (lacking !== null) {
    console.log(`scikit-learn is left out: ${lacking}`)
    continue
  }
  const step = questions.length / Number(compared)
  const some = Array.from(
    { length: Number(compared) },
    (_, i) => questions[Math.floor((i + 0.5) * step)]
  ).map((question) => ({ ...question, outer: question.outer.slice(0, Number(splits)) }))
  const theirs = scikitLearn(some)
  for (const [probe, fit] of Object.entries(probes)) {
    const ours = await sumOf(some, fit)
    const other = theirs[probe].reduce((a, b) => ({ cpu: a.cpu + b.cpu, wall: a.wall + b.wall }))
    line(`${suite}: ${some.map(({ name }) => name).join(", ")}; ${some[0].outer.length} splits; ${probe}`, "")
    line("  Probeline", seconds(ours))
    line("  scikit-learn", seconds(other))
    line("  ratio", `CPU ${(other.cpu / ours.cpu).toFixed(1)}, wall ${(other.wall / ours.wall).toFixed(1)}`)
  }
}
console.log(`load ${loadavg()[0].toFixed(1)}`)

async function sumOf(questions, fit) {
  const [began, before] = [performance.now(), process.cpuUsage()]
  for (const question of questions) await fit(question)
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 }
}

function seconds({ cpu, wall }) {
  return `CPU ${cpu.toFixed(1)} s, wall ${wall.toFixed(1)} s`
}

function whyNotPython() {
  const { error, status } = spawnSync(python, ["-c", "import sklearn"])
  if (error !== undefined) return `${python} does not run (PYTHON=… names another)`
  return status === 0 ? null : `${python} has no scikit-learn (PYTHON=… names another)`
}

function scikitLearn(questions) {
  return inFolder((folder) => {
    const stored = questions.map(({ labels, cells, images, classes, outer }) => ({
      labels: [...labels],
      cells: [...cells],
      images: [...images],
      classes,
      outer: outer.map(({ train, test }) => [[...train], [...test]])
    }))
    writeFileSync(join(folder, "questions.json"), JSON.stringify({ grid: DEFAULT_GRID, questions: stored }))
    questions.forEach(({ x }, i) =>
      writeFileSync(join(folder, `${i}.bin`), new Uint8Array(x.buffer, x.byteOffset, x.byteLength))
    )
    const script = join(root, "bench/probes/sklearn_probes.py")
    const { status, stdout, stderr } = spawnSync(python, [script, folder], { encoding: "utf8" })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  })
}
