/**
 * What choosing the tap does to its accuracy: 13 planted taps, equally good, each with noise of its own.
 *
 *     node bench/chosen-tap.mjs [DRAWS] [SCENES] [SEEDS] [FIRST]
 *
 * Each draw plants SCENES scenes (default 300) of four categories, probes every tap by logistic regression on SEEDS × 5
 * folds (default 1), and takes the accuracy of the tap chosen by inner folds within each outer fold (`choose-tap`), and that of
 * the tap with the best held-out accuracy, as the paper chose. The truth is the mean over the taps and draws. FIRST is the
 * first draw's seed. Prints the differences to it, with their standard errors between draws (default 150).
 */
import { importTypeScript } from "../tools/import-typescript.mjs"

const number = (i, otherwise) => Number(process.argv[i] ?? otherwise)
const [draws, scenes, seeds, first] = [number(2, 150), number(3, 300), number(4, 1), number(5, 0)]
const { measureChosen } = await importTypeScript("test/stages/choose-tap/planted-taps.ts")

const all = []
for (let seed = first; seed < first + draws; seed++)
  all.push(await measureChosen({ seed, taps: 13, scenes, strength: 1.5, seeds }))

const mean = (of) => all.reduce((sum, one) => sum + of(one), 0) / all.length
const line = (name, of) => {
  const center = mean(of)
  const sd = Math.sqrt(mean((one) => (of(one) - center) ** 2) * (draws / (draws - 1)))
  console.log(`| ${name} | ${center.toFixed(4)} | ${sd.toFixed(4)} | ${(sd / Math.sqrt(draws)).toFixed(4)} |`)
}
console.log(`${draws} draws of 13 taps, ${scenes} scenes, ${seeds} × 5 folds

| | mean | sd | standard error |
|---|---|---|---|`)
line("accuracy of any tap", (one) => one.mean)
line("chosen by inner folds − any tap", (one) => one.chosen - one.mean)
line("best on held-out − any tap", (one) => one.bestOnTest - one.mean)
