/** Failed items by their cause: fifty items that fail for one reason are one line to read. */
import type { ItemFailure } from "../store/records/manifest.ts"
import { counted } from "../support/numbers.ts"
import { oneLine } from "../support/plain-text.ts"

export interface FailureGroup {
  /** for one item its error; for several their common error, with `<item>` for each one's own id */
  readonly error: string
  /** at least one */
  readonly items: ReadonlyArray<string>
}

/** In the order in which the causes come first. */
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

/** The error without the item's own id. */
export function causeOf({ item, error }: ItemFailure): string {
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

/** The id "1" is not in "10 rows". */
const isInWord = (character: string | undefined) =>
  character !== undefined && /[\p{L}\p{N}_]/u.test(character)

const mostExamples = 3

/** `53 items` */
export const groupSize = ({ items }: FailureGroup): string => counted(items.length, "item")

/** `e.g. 000012, 000045, 000101` */
export const groupExamples = ({ items }: FailureGroup): string =>
  `e.g. ${items.slice(0, mostExamples).map(oneLine).join(", ")}`
