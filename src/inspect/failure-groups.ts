/** Groups failed items by cause, so that fifty items with one cause take one line. */
import type { ItemFailure } from "../store/records/manifest.ts"
import { counted } from "../support/numbers.ts"
import { oneLine } from "../support/plain-text.ts"

export interface FailureGroup {
  /** the item's error, or the common error of several items, with `<item>` in place of their ids */
  readonly error: string
  /** at least one */
  readonly items: ReadonlyArray<string>
}

/** In order of each cause's first occurrence. */
export function failureGroups(failures: ReadonlyArray<ItemFailure>): ReadonlyArray<FailureGroup> {
  const times = new Map<string, number>()
  for (const { error } of failures) times.set(error, (times.get(error) ?? 0) + 1)
  const groups = new Map<string, Array<ItemFailure>>()
  for (const failure of failures) {
    const cause = times.get(failure.error)! > 1 ? failure.error : causeOf(failure)
    const group = groups.get(cause)
    if (group === undefined) groups.set(cause, [failure])
    else group.push(failure)
  }
  return [...groups].map(([cause, group]) => {
    const [first] = group
    const isSame = group.every(({ error }) => error === first!.error)
    return { error: isSame ? first!.error : cause, items: group.map(({ item }) => item) }
  })
}

/** The error with `<item>` in place of the item's id, and `<file>` in place of the name of its file at the start. */
export function causeOf({ item, error: told }: ItemFailure): string {
  const error = told.replace(fileName, "<file>: ")
  if (item === "" || !error.includes(item)) return error
  let cause = ""
  let from = 0
  for (let at = error.indexOf(item); at >= 0; at = error.indexOf(item, at + item.length)) {
    if (isInWord(error[at - 1]) || isInWord(error[at + item.length])) continue
    cause += `${error.slice(from, at)}<item>`
    from = at + item.length
  }
  return cause + error.slice(from)
}

/** The engine puts the name of an item's file before the stage's words: `000012.png: …`. */
const fileName = /^[^\s:/]+\.[a-z0-9]{2,5}: /i

/** The id "1" does not occur in "10 rows". */
const isInWord = (character: string | undefined) =>
  character !== undefined && /[\p{L}\p{N}_]/u.test(character)

const mostExamples = 3

/** `53 items` */
export const groupSize = ({ items }: FailureGroup): string => counted(items.length, "item")

/** `e.g. 000012, 000045, 000101` */
export const groupExamples = ({ items }: FailureGroup): string =>
  `e.g. ${items.slice(0, mostExamples).map(oneLine).join(", ")}`
