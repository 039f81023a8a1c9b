/**
 * Questions: which tokens are asked for which label, and what the accuracy is called.
 *
 * A_xy is the accuracy of target y from the tokens of object x (p: primary, s: secondary, b: background). A comparison
 * with the background has two sides with equally many patches and equal weights, over the scenes that have both:
 * `secondary_vs_background` is the secondary's side of the comparison with background patches,
 * `background_vs_secondary` the background's.
 */

/** One way to ask a question: which tokens, and what they are asked for. */
export interface Asking {
  readonly token: string
  readonly source: string
  readonly target: string
  /** the name of the accuracy in the table of measures; null for questions about single objects */
  readonly measure: string | null
}
export const questions = ["category", "pair", "presence"] as const
export type QuestionKind = (typeof questions)[number]

/** What a pair's tokens are compared with. */
export const comparisons = ["background", "near", "reverse"] as const
export type BackgroundComparison = (typeof comparisons)[number]

interface Sides {
  /** the object's side, and what its accuracy is called */
  readonly object: string
  readonly objectMeasure: string
  /** the background's side */
  readonly background: string
  readonly backgroundMeasure: string
  readonly target: "primary" | "secondary"
}
export const sidesOf: Readonly<Record<BackgroundComparison, Sides>> = {
  /** A_sp − A_bg: background patches anywhere off both objects */
  background: {
    object: "secondary_vs_background",
    objectMeasure: "A_sp_vs_bg",
    background: "background_vs_secondary",
    backgroundMeasure: "A_bg",
    target: "primary"
  },
  /** A_sp − A_near: each patch as far from the primary object as one of the secondary's */
  near: {
    object: "secondary_vs_near",
    objectMeasure: "A_sp_vs_near",
    background: "near_vs_secondary",
    backgroundMeasure: "A_near",
    target: "primary"
  },
  /** A_ps − A_bs, the reverse: the secondary's category, from the primary's tokens and from the background */
  reverse: {
    object: "primary_vs_background",
    objectMeasure: "A_ps_vs_bs",
    background: "background_vs_primary",
    backgroundMeasure: "A_bs",
    target: "secondary"
  }
}
const comparisonOfSource = new Map(
  comparisons.flatMap((comparison) =>
    [sidesOf[comparison].object, sidesOf[comparison].background].map(
      (source) => [source, comparison] as const
    )
  )
)
/** The comparison of which a source is one side; undefined if it is no side of any. */
export const comparisonOf = (source: string): BackgroundComparison | undefined =>
  comparisonOfSource.get(source)

/** Kinds of token that have a comparison: a mean against a mean, one patch against one patch. */
export const comparedTokens = ["avg_obj", "random_obj"] as const

const asking = (token: string, source: string, target: string, measure: string | null = null): Asking => ({
  token,
  source,
  target,
  measure
})
const objectTokens = ["avg_obj", "random_obj", "random"] as const
const targets = ["primary", "secondary"] as const
const own = targets.flatMap((target) => [
  ...targets.flatMap((source) =>
    objectTokens.map((token) => asking(token, source, target, `A_${source[0]}${target[0]}`))
  ),
  asking("cls", "image", target, `A_${target[0]}${target[0]}`)
])
const compared = comparisons.flatMap((comparison) => {
  const { object, objectMeasure, background, backgroundMeasure, target } = sidesOf[comparison]
  return comparedTokens.flatMap((token) => [
    asking(token, object, target, objectMeasure),
    asking(token, background, target, backgroundMeasure)
  ])
})

/** All askings that the tokens of `select-tokens` allow. */
export const askingsOf: Readonly<Record<QuestionKind, ReadonlyArray<Asking>>> = {
  category: [
    ...objectTokens.map((token) => asking(token, "object", "category")),
    asking("cls", "image", "category")
  ],
  pair: [...own, ...compared],
  presence: [
    ...objectTokens.map((token) => asking(token, "object", "presence")),
    asking("avg_obj", "background", "presence"),
    asking("random_obj", "background", "presence"),
    asking("cls", "image", "presence")
  ]
}

const measureNames = new Map(
  askingsOf.pair.map(({ source, target, measure }) => [JSON.stringify([source, target]), measure])
)
/** The name of a fit's accuracy: A_pp, A_ps, A_sp, A_ss, A_bg …; null for a question that is not about a pair. */
export const measureOf = ({ source, target }: Pick<Asking, "source" | "target">): string | null =>
  measureNames.get(JSON.stringify([source, target])) ?? null
