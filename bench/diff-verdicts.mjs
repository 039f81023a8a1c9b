/**
 * Overall verdicts of `diff` on pairs of planted representations whose true difference is known: how often they are false
 * alarms, and how often they find a planted change.
 *
 *     node bench/diff-verdicts.mjs [PAIRS] [SCENES] [SEEDS] [PROBE] [nulls | power]
 *
 * Each of PAIRS pairs (default 200) has SCENES images a side (default 200), SEEDS times five folds (default 1), and probes at
 * two layers: PROBE is perceptron (default) or logistic, which takes ten times as long and chooses the layer by inner folds.
 * Everything runs through the stages' own functions: fit-probes, score-probes, and the `compare` of aggregate.
 *
 * Nulls: `new folds`, the same activations dealt to folds by another seed; `equally good`, other noise with the same
 * truth, on the same images; `fresh images`, each pair's first side against the next pair's.
 * Power: κ, what the secondary's tokens know of the primary, falls, so that A_sp and M2 fall; both sides share half of the
 * noise's variance. `tiny noise` shares all but a millionth: a re-export.
 */
import { importTypeScript } from "../tools/import-typescript.mjs"

const [pairs = "200", scenes = "200", seeds = "1", probe = "perceptron", which = ""] = process.argv.slice(2)
const { plantedScores, comparedScores } = await importTypeScript("test/stages/planted/planted-pairs.ts")

const options = { scenes: Number(scenes), seeds: Number(seeds), probe }
const strengths = { a: 1.2, rho: 0.8, kappa: 0.8, r: 1.8 }
const drops = [0.2, 0.4, 0.8]
const counts = new Map()
const estimates = new Map()
const count = async (what, a, b) => {
  const { verdict, tables } = await comparedScores(a, b)
  const of = counts.get(what) ?? { same: 0, different: 0, inconclusive: 0 }
  of[verdict ?? "inconclusive"]++
  counts.set(what, of)
  const { columns, rows } = tables.overall
  const at = (name) => columns.indexOf(name)
  for (const row of rows) {
    const key = `${what} ${row[at("quantity")]}`
    const all = estimates.get(key) ?? []
    all.push({ difference: row[at("difference")], half: (row[at("high")] - row[at("low")]) / 2 })
    estimates.set(key, all)
  }
}

let before = null
for (let pair = 0; pair < Number(pairs); pair++) {
  const side = { strengths, images: pair, noise: 2 * pair, split: 0 }
  const a = await plantedScores(side, options)
  if (which !== "power") {
    await count("null: new folds", a, await plantedScores({ ...side, split: 1 }, options))
    await count("null: equally good", a, await plantedScores({ ...side, noise: 2 * pair + 1 }, options))
    if (before !== null) await count("null: fresh images", before, a)
    before = a
  }
  if (which !== "nulls") {
    const other = { ...side, noise: 2 * pair + 1 }
    const shared = (share) => ({ noise: side.noise, share })
    await count("tiny noise", a, await plantedScores({ ...other, shared: shared(1 - 1e-6) }, options))
    for (const drop of drops) {
      const changed = { ...strengths, kappa: strengths.kappa - drop }
      await count(
        `κ falls by ${drop}`,
        a,
        await plantedScores({ ...other, strengths: changed, shared: shared(0.5) }, options)
      )
    }
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${pair + 1} of ${pairs} pairs`)
}

const mean = (all, of) => all.reduce((sum, one) => sum + of(one), 0) / all.length
console.log(`${pairs} pairs of ${scenes} images, ${seeds} × 5 folds, ${probe}

| pairs | of | different | same | inconclusive | mean ΔA_sp (half of 90 %) |
|---|---|---|---|---|---|`)
for (const [what, { different, same, inconclusive }] of counts) {
  const all = estimates.get(`${what} A_sp`)
  const effect = `${mean(all, ({ difference }) => difference).toFixed(3)} (${mean(all, ({ half }) => half).toFixed(3)})`
  console.log(
    `| ${what} | ${different + same + inconclusive} | ${different} | ${same} | ${inconclusive} | ${effect} |`
  )
}
