/**
 * Reads tables side by side, item by item, without holding them: for what a stage tells of its losses.
 *
 * Artifacts of one source have their items in the source's order, failed ones left out. So the table of scenes leads,
 * which has a row for each, and the others follow it.
 */
import type { Columns, Table } from "../../src/index.ts"

type Values<K extends string> = { readonly [N in K]: ReadonlyArray<any> }

/** The rows of a table one by one, with their item: "" in a table of no items. */
export async function* eachRow<C extends Columns, K extends keyof C & string>(
  table: Pick<Table<C>, "batches">,
  ...columns: ReadonlyArray<K>
): AsyncGenerator<{ readonly [N in K]: any } & { readonly item: string }> {
  for await (const batch of table.batches(...(columns as ReadonlyArray<never>))) {
    const values = batch as unknown as Values<K>
    for (let i = 0; i < values[columns[0]!].length; i++)
      yield {
        ...Object.fromEntries(columns.map((name) => [name, values[name][i]])),
        item: batch.item[i] ?? ""
      } as never
  }
}

/** Follows a table: is asked about items in their order, and at the end whether it has followed to its own. */
interface Follower<A> {
  of(item: string): Promise<A>
  /** @throws Error where something was not asked about: its items are in another order */
  end(): Promise<void>
}

/** Says of items whether they are among others. */
export const following = (ids: AsyncIterable<string>): Follower<boolean> =>
  follower(
    ids,
    (id) => id,
    () => true,
    false
  )

/** Gives the values of an item's rows, a list a column; empty lists for an item without rows. */
export function rowsBy<C extends Columns, K extends keyof C & string>(
  table: Pick<Table<C>, "batches">,
  ...columns: ReadonlyArray<K>
): Follower<Values<K>> {
  const none = Object.fromEntries(columns.map((name) => [name, []])) as unknown as Values<K>
  return follower(
    itemGroups(table, columns),
    ({ item }) => item,
    ({ values }) => values,
    none
  )
}

function follower<A, B>(
  all: AsyncIterable<A>,
  idOf: (one: A) => string,
  valueOf: (one: A) => B,
  none: B
): Follower<B> {
  const next = all[Symbol.asyncIterator]()
  let current: IteratorResult<A> | null = null
  return {
    async of(item) {
      current ??= await next.next()
      if (current.done === true || idOf(current.value) !== item) return none
      const { value } = current
      current = null
      return valueOf(value)
    },
    async end() {
      current ??= await next.next()
      if (current.done !== true)
        throw new Error(
          `tables have their items in different orders: "${idOf(current.value)}" is out of place`
        )
    }
  }
}

interface Group<K extends string> {
  readonly item: string
  readonly values: Values<K>
}
/** Rows that follow one another and are of one item; a batch may end within them. */
async function* itemGroups<K extends string>(
  table: {
    batches(...columns: ReadonlyArray<never>): AsyncIterable<{ readonly item: ReadonlyArray<string> }>
  },
  columns: ReadonlyArray<K>
): AsyncGenerator<Group<K>> {
  let open: { item: string; values: Record<K, Array<unknown>> } | null = null
  for await (const batch of table.batches(...(columns as ReadonlyArray<never>))) {
    const { item } = batch
    for (let from = 0; from < item.length;) {
      let to = from + 1
      while (to < item.length && item[to] === item[from]) to++
      const slice = (name: K) => (batch as unknown as Values<K>)[name].slice(from, to)
      if (open !== null && open.item === item[from])
        for (const name of columns) for (const value of slice(name)) open.values[name].push(value)
      else {
        if (open !== null) yield open
        const values = Object.fromEntries(columns.map((name) => [name, slice(name)]))
        open = { item: item[from]!, values: values as Record<K, Array<unknown>> }
      }
      from = to
    }
  }
  if (open !== null) yield open
}
