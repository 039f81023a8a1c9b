/** What `bench/probes.mjs` measures. */
export { fitLogistic } from "../../stages/fit-probes/logistic/fit-logistic.ts"
export { fitPerceptron } from "../../stages/fit-probes/perceptron/fit-perceptron.ts"
export { DEFAULT_GRID } from "../../stages/fit-probes/logistic/options.ts"
export { cocoQuestions, pairedQuestions } from "./suites.ts"
