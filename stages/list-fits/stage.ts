/** `list-fits`: which probes to fit, as items: each kind of probe at each tap, for each kind of token and each question. */
import { defineStage, memberNames, one, param, StageError } from "../../src/index.ts"
import { fitId, type FitName, fitNameColumns } from "../tables/fits.ts"
import { matchingNames } from "../tables/name-patterns.ts"
import { type TokenKind, tokensOfQuestion } from "../tables/tokens.ts"

const targets = { category: ["category"], pair: ["primary", "secondary"] } as const
const patterns = "names or patterns, joined by commas"

export const listFits = defineStage.whole("list-fits", {
  doc: "which probes to fit: kinds of probe × taps × tokens × questions",
  item: "fit",
  // the names alone: the list stays as it is when scenes are added or values change
  inputs: { activations: memberNames("activation") },
  params: {
    question: param.choice(["category", "pair"], {
      doc: "as in choose-examples; it determines the tokens and the targets that exist"
    }),
    probes: param.list(param.choice(["logistic", "perceptron"]), {
      default: ["logistic", "perceptron"],
      doc: "kinds of probe: logistic, perceptron"
    }),
    taps: param.maybe(param.text(), { doc: `${patterns}, such as block.{6,9,11}.resid_post; default: all` }),
    tokens: param.maybe(param.text(), { doc: `${patterns}; default: all` }),
    sources: param.maybe(param.text(), { doc: `what the tokens stand for: ${patterns}; default: all` }),
    targets: param.maybe(param.text(), { doc: `${patterns}; default: all` }),
    other_tokens: param.list(param.struct({ token: param.text(), source: param.text() }), {
      default: [],
      doc: "tokens that select-tokens does not make, such as imported ones"
    })
  },
  output: one(fitNameColumns),
  compute: ({ activations }, { question, probes, other_tokens, ...chosen }) => {
    if (activations.length === 0)
      throw new StageError("the activations have no taps", {
        hint: "they have no rows: see what select-tokens and extract-activations left out"
      })
    if (probes.length === 0)
      throw new StageError("no kind of probe is chosen", { field: "probes", hint: "logistic, perceptron" })
    const kinds = chosenKinds([...tokensOfQuestion[question], ...other_tokens], chosen)
    const asked = matchingNames(targets[question], chosen.targets, "target")
    const fits = matchingNames(activations, chosen.taps, "tap").flatMap((tap) =>
      kinds.flatMap(({ token, source }) =>
        asked.flatMap((target) => probes.map((probe): FitName => ({ probe, tap, token, source, target })))
      )
    )
    // a name that is given twice makes one fit
    return [...new Map(fits.map((fit) => [fitId(fit), fit]))].map(([id, fit]) => ({ id, ...fit }))
  }
})

/** Kinds whose token and source both match. */
function chosenKinds(
  kinds: ReadonlyArray<TokenKind>,
  { tokens, sources }: { readonly tokens: string | null; readonly sources: string | null }
): ReadonlyArray<TokenKind> {
  const names = (of: keyof TokenKind) => [...new Set(kinds.map((kind) => kind[of]))]
  const chosenTokens = new Set(matchingNames(names("token"), tokens, "token"))
  const chosenSources = new Set(matchingNames(names("source"), sources, "source"))
  const chosen = kinds.filter(({ token, source }) => chosenTokens.has(token) && chosenSources.has(source))
  if (chosen.length > 0) return chosen
  throw new StageError(`no token "${tokens}" has a source "${sources}"`, {
    hint: `there are ${kinds.map(({ token, source }) => `${token} (${source})`).join(", ")}`
  })
}
