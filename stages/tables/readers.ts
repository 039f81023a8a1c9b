/** How stages read tables: some of their columns, whole rows, or side by side without holding them, scene by scene. */
import type { Columns, Row, Table } from "../../src/index.ts"

/** Some of a table's columns, for a port that reads no others. */
export const pickColumns = <C extends Columns, K extends keyof C & string>(
  columns: C,
  ...names: ReadonlyArray<K>
): Pick<C, K> => Object.fromEntries(names.map((name) => [name, columns[name]])) as Pick<C, K>

/** A table of the rows `A` as far as its columns can be read at once. */
export interface ReadableColumns<A> {
  read(...names: ReadonlyArray<keyof A & string>): Promise<{ readonly [K in keyof A]: ReadonlyArray<A[K]> }>
}

/** All rows of a table in their order, with the given columns: for a table that fits into memory. */
export async function readRows<C extends Columns>(
  table: ReadableColumns<Row<C>>,
  columns: C
): Promise<ReadonlyArray<Row<C>>> {
  const names: ReadonlyArray<keyof C & string> = Object.keys(columns)
  const values = await table.read(...names)
  return Array.from(values[names[0]!], (_, i) =>
    Object.fromEntries(names.map((name) => [name, values[name][i]]))
  ) as unknown as ReadonlyArray<Row<C>>
}

type Values<K extends string> = { readonly [N in K]: ReadonlyArray<any> }

/**
 * The rows of a table one by one, with their scene: the item's id, or in a table of no items its column `scene` ("" if
 * that is not read).
 */
export async function* eachRow<C extends Columns, K extends keyof C & string>(
  table: Pick<Table<C>, "batches">,
  ...columns: ReadonlyArray<K>
): AsyncGenerator<{ readonly [N in K]: any } & { readonly scene: string }> {
  for await (const batch of table.batches(...(columns as ReadonlyArray<never>))) {
    const values = batch as unknown as Values<K>
    for (let i = 0; i < values[columns[0]!].length; i++)
      yield {
        scene: batch.item[i] ?? "",
        ...Object.fromEntries(columns.map((name) => [name, values[name][i]]))
      } as never
  }
}

/**
 * Follows a table beside another, without holding either: it is asked about scenes in their order, and at the end
 * whether it has reached its own.
 *
 * Artifacts of one source have their scenes in the source's order, failed ones left out. So the table of scenes leads,
 * which has a row for each, and the others follow it.
 */
interface Follower<A> {
  of(scene: string): Promise<A>
  /** @throws Error where something was not asked about: its scenes are in another order */
  end(): Promise<void>
}

/** Says of scenes whether they are among others. */
export const following = (ids: AsyncIterable<string>): Follower<boolean> =>
  follower(
    ids,
    (id) => id,
    () => true,
    false
  )

/** Gives the values of a scene's rows, a list a column; empty lists for a scene without rows. */
export function rowsBy<C extends Columns, K extends keyof C & string>(
  table: Pick<Table<C>, "batches">,
  ...columns: ReadonlyArray<K>
): Follower<Values<K>> {
  const none = Object.fromEntries(columns.map((name) => [name, []])) as unknown as Values<K>
  return follower(
    sceneGroups(table, columns),
    ({ scene }) => scene,
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
    async of(scene) {
      current ??= await next.next()
      if (current.done === true || idOf(current.value) !== scene) return none
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
  readonly scene: string
  readonly values: Values<K>
}
/** Rows that follow one another and are of one scene; a batch may end within them. */
async function* sceneGroups<K extends string>(
  table: {
    batches(...columns: ReadonlyArray<never>): AsyncIterable<{ readonly item: ReadonlyArray<string> }>
  },
  columns: ReadonlyArray<K>
): AsyncGenerator<Group<K>> {
  let open: { scene: string; values: Record<K, Array<unknown>> } | null = null
  for await (const batch of table.batches(...(columns as ReadonlyArray<never>))) {
    const { item } = batch
    for (let from = 0; from < item.length;) {
      let to = from + 1
      while (to < item.length && item[to] === item[from]) to++
      const slice = (name: K) => (batch as unknown as Values<K>)[name].slice(from, to)
      if (open !== null && open.scene === item[from])
        for (const name of columns) for (const value of slice(name)) open.values[name].push(value)
      else {
        if (open !== null) yield open
        const values = Object.fromEntries(columns.map((name) => [name, slice(name)]))
        open = { scene: item[from]!, values: values as Record<K, Array<unknown>> }
      }
      from = to
    }
  }
  if (open !== null) yield open
}
