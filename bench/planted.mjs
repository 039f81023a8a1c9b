/**
 * How often intervals hold the truth: planted worlds, drawn many times, through the stages' own functions.
 *
 *     node bench/planted.mjs [DRAWS] [SEEDS] [SCENES] [WORLD…]
 *
 * Each draw is a new world of SCENES scenes (default 400) in each WORLD (default: all three), probed by logistic regression on SEEDS times five folds
 * (defaults: 400 draws, 1). The truth is the procedure's own expectation at this size: the mean over the draws, not Bayes'
 * accuracy, which a probe fitted on 320 scenes does not reach. Prints, for each quantity, the mean, the standard deviation
 * between draws, the mean half-width and the share of intervals that hold the mean.
 */
import { importTypeScript } from "../tools/import-typescript.mjs"

const [draws, seeds, scenes] = [
  process.argv[2] ?? "400",
  process.argv[3] ?? "1",
  process.argv[4] ?? "400"
].map(Number)
const { measurePlanted } = await importTypeScript("test/stages/planted/measure-planted.ts")

const asking = (token, source, target) => ({ token, source, target })
const accuracy = (row) => [row.balanced_accuracy, row.low, row.high]
const of = (name) => (row) => [row[name], row[`${name}_low`], row[`${name}_high`]]
const pair = [
  asking("avg_obj", "primary", "primary"),
  asking("avg_obj", "secondary", "primary"),
  asking("avg_obj", "secondary", "secondary")
]
const sides = (token) => [
  asking(token, "secondary", "primary"),
  asking(token, "secondary_vs_background", "primary"),
  asking(token, "background_vs_secondary", "primary")
]
const ofPair = {
  A_pp: ["A_pp", "avg_obj", accuracy],
  A_sp: ["A_sp", "avg_obj", accuracy],
  A_ss: ["A_ss", "avg_obj", accuracy],
  M2: ["A_sp", "avg_obj", of("m2")],
  "corrected M2": ["A_sp", "avg_obj", of("m2_corrected")],
  entanglement: ["A_sp", "avg_obj", of("entanglement")]
}
const comparisons = {
  "entanglement, avg_obj": ["A_sp", "avg_obj", of("entanglement")],
  "entanglement, random_obj": ["A_sp", "random_obj", of("entanglement")]
}
const plans = [
  { world: "entangled", asked: [...pair, ...sides("avg_obj").slice(1)], quantities: ofPair },
  { world: "segregated", asked: [...pair, ...sides("avg_obj").slice(1)], quantities: ofPair },
  { world: "uniform", asked: [...sides("avg_obj"), ...sides("random_obj")], quantities: comparisons }
]

console.log(`${draws} draws of ${scenes} scenes, ${seeds} × 5 folds

| world | quantity | mean | sd | half-width | intervals that hold the mean |
|---|---|---|---|---|---|`)
const chosen = process.argv.slice(5)
for (const { world, asked, quantities } of plans) {
  if (chosen.length > 0 && !chosen.includes(world)) continue
  const found = new Map(Object.keys(quantities).map((name) => [name, []]))
  for (let seed = 0; seed < draws; seed++) {
    const rows = await measurePlanted(asked, { world, seed, scenes, seeds })
    for (const [name, [measure, token, read]] of Object.entries(quantities)) {
      const row = rows.find((one) => one.measure === measure && one.token === token)
      const [value, low, high] = read(row)
      // a ratio whose denominator may be at chance is blank
      if (value !== null) found.get(name).push({ value, low, high })
    }
  }
  for (const [name, all] of found) {
    const mean = all.reduce((sum, { value }) => sum + value, 0) / all.length
    const sd = Math.sqrt(all.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (all.length - 1))
    const half = all.reduce((sum, { low, high }) => sum + (high - low) / 2, 0) / all.length
    const held = all.filter(({ low, high }) => low < mean && mean < high).length / all.length
    const of = all.length === draws ? "" : ` (of ${all.length})`
    console.log(
      `| ${world} | ${name} | ${mean.toFixed(4)} | ${sd.toFixed(4)} | ${half.toFixed(4)} | ${held.toFixed(3)}${of} |`
    )
  }
}
