/**
 * `list-fits`: which probes to fit, as items: each kind of probe at each tap, for each selection, task, kind of token and
 * target.
 */
import { defineStage, memberNames, one, param, StageError } from "../../src/index.ts"
import { fitId, type FitName, fitNameColumns, probeNames } from "../tables/fits.ts"
import { selections } from "../tables/masks.ts"
import { matchingNames } from "../tables/name-patterns.ts"
import {
  type Asking,
  askingsOf,
  type BackgroundComparison,
  comparisonOf,
  comparisons,
  type QuestionKind,
  questions
} from "../tables/questions.ts"

const patterns = "names or patterns, joined by commas"

export const listFits = defineStage.whole("list-fits", {
  doc: "which probes to fit: kinds of probe × taps × selections × tasks × tokens × targets",
  item: "fit",
  // the names alone: the list stays as it is when scenes are added or values change
  inputs: { activations: memberNames("activation") },
  params: {
    question: param.choice(questions, {
      doc: "as in choose-examples; it determines the tokens and the targets that exist"
    }),
    tasks: param.list(param.text(), {
      default: [],
      doc: "pair: the names of tasks; presence: the categories asked about; category: leave it out"
    }),
    selections: param.list(param.choice(selections), {
      default: ["aligned"],
      doc: `how masks became patches: ${selections.join(", ")}`
    }),
    comparisons: param.list(param.choice(comparisons), {
      default: ["background"],
      doc: `pair: what its tokens are compared with: ${comparisons.join(", ")}`
    }),
    probes: param.list(param.choice(probeNames), {
      default: probeNames,
      doc: `kinds of probe: ${probeNames.join(", ")}`
    }),
    taps: param.maybe(param.text(), { doc: `${patterns}, such as block.{6,9,11}.resid_post; default: all` }),
    tokens: param.maybe(param.text(), { doc: `${patterns}; default: all` }),
    sources: param.maybe(param.text(), { doc: `what the tokens stand for: ${patterns}; default: all` }),
    targets: param.maybe(param.text(), { doc: `${patterns}; default: all` }),
    other_tokens: param.list(param.struct({ token: param.text(), source: param.text() }), {
      default: [],
      doc: "tokens that select-tokens does not make, such as imported ones; they are asked for every target"
    })
  },
  output: one(fitNameColumns),
  compute: ({ activations }, { question, tasks, probes, comparisons: compared, other_tokens, ...chosen }) => {
    if (activations.length === 0)
      throw new StageError("the activations have no taps", {
        hint: "they have no rows: see what select-tokens and extract-activations left out"
      })
    if (probes.length === 0)
      throw new StageError("no kind of probe is chosen", { field: "probes", hint: "logistic, perceptron" })
    if (chosen.selections.length === 0)
      throw new StageError("no selection is chosen", { field: "selections", hint: selections.join(", ") })
    const isChosen = (comparison: BackgroundComparison | undefined) =>
      comparison === undefined || compared.includes(comparison)
    const all = [
      ...askingsOf[question].filter(({ source }) => isChosen(comparisonOf(source))),
      ...otherAskings(question, other_tokens)
    ]
    const asked = chosenAskings(all, chosen)
    const about = tasksOf(question, tasks)
    const fits = matchingNames(activations, chosen.taps, "tap").flatMap((tap) =>
      chosen.selections.flatMap((selection) =>
        about.flatMap((task) =>
          asked.flatMap(({ token, source, target }) =>
            probes.map((probe): FitName => ({ probe, selection, tap, token, source, task, target }))
          )
        )
      )
    )
    // a name that is given twice makes one fit
    return [...new Map(fits.map((fit) => [fitId(fit), fit]))].map(([id, fit]) => ({ id, ...fit }))
  }
})

type Kind = Pick<Asking, "token" | "source" | "target">

const targetsOf = (askings: ReadonlyArray<Kind>) => [...new Set(askings.map(({ target }) => target))]

const otherAskings = (
  question: QuestionKind,
  others: ReadonlyArray<Pick<Kind, "token" | "source">>
): ReadonlyArray<Kind> =>
  targetsOf(askingsOf[question]).flatMap((target) =>
    others.map(({ token, source }) => ({ token, source, target }))
  )

/** The tasks of a question's fits; null for a question without tasks. */
function tasksOf(question: QuestionKind, tasks: ReadonlyArray<string>): ReadonlyArray<string | null> {
  const [what, hint] = {
    category: ["tasks", "leave `tasks` out: each object is asked for its category"],
    pair: ["tasks", "list the names of paired tasks, as in assign-tasks"],
    presence: ["categories", "list the categories whose presence is asked for, in `tasks`"]
  }[question] as [string, string]
  if (question === "category") {
    if (tasks.length === 0) return [null]
    throw new StageError("the question `category` has no tasks", { field: "tasks", hint })
  }
  if (tasks.length > 0) return tasks
  throw new StageError(`the question \`${question}\` needs ${what}, but \`tasks\` is empty`, {
    field: "tasks",
    hint
  })
}

/** Those whose token, source and target all match. */
function chosenAskings(
  all: ReadonlyArray<Kind>,
  {
    tokens,
    sources,
    targets
  }: { readonly tokens: string | null; readonly sources: string | null; readonly targets: string | null }
): ReadonlyArray<Kind> {
  const names = (of: keyof Kind) => [...new Set(all.map((kind) => kind[of]))]
  const chosenTokens = new Set(matchingNames(names("token"), tokens, "token"))
  const chosenSources = new Set(matchingNames(names("source"), sources, "source"))
  const chosenTargets = new Set(matchingNames(names("target"), targets, "target"))
  const kinds = all.filter(({ token, source }) => chosenTokens.has(token) && chosenSources.has(source))
  if (kinds.length === 0)
    throw new StageError(`no token "${tokens}" has a source "${sources}"`, {
      hint: `there are ${[...new Set(all.map(({ token, source }) => `${token} (${source})`))].join(", ")}`
    })
  const chosen = kinds.filter(({ target }) => chosenTargets.has(target))
  if (chosen.length > 0) return chosen
  throw new StageError(`no such token is asked for the target "${targets}"`, {
    hint: `there are ${kinds.map(({ token, source, target }) => `${token} (${source}) for ${target}`).join(", ")}`
  })
}
