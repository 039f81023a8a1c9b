/**
 * How stages read tables: some columns, whole rows, or several tables scene by scene without holding them in memory.
 */
import type { Columns, Row, Table } from "../../src/index.ts"

/** Some of a table's columns, for a port that reads only those. */
export const pickColumns = <C extends Columns, K extends keyof C & string>(
  columns: C,
  ...names: ReadonlyArray<K>
): Pick<C, K> => Object.fromEntries(names.map((name) => [name, columns[name]])) as Pick<C, K>

/** A table with rows `A`, reduced to reading whole columns. */
export interface ReadableColumns<A> {
  read(...names: ReadonlyArray<keyof A & string>): Promise<{ readonly [K in keyof A]: ReadonlyArray<A[K]> }>
}

/** All rows of a table in order, with the given columns; for tables that fit in memory. */
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
 * Yields the rows of a table one by one with their scene: the item's id, or, in a table without items, the column
 * `scene` ("" if that column is not read).
 */
export async function* eachRow<C extends Columns, K extends keyof C & string>(
  table: Pick<Table<C>, "batches">,
  ...columns: ReadonlyArray<K>
): AsyncGenerator<{ readonly [N in K]: any } & { readonly scene: string }> {
  for await (const batch of table.batches(...(columns as ReadonlyArray<never>))) {
    const values = batch as unknown as Values<K>
    const cells = columns.map((name) => values[name])
    for (let i = 0; i < cells[0]!.length; i++) {
      // written cell by cell: a table may have fifty columns, and objects of so many are slow to copy
      const row: Record<string, unknown> = { scene: batch.item[i] ?? "" }
      for (let c = 0; c < columns.length; c++) row[columns[c]!] = cells[c]![i]
      yield row as never
    }
  }
}

/**
 * Reads a table in step with another, without holding either: call `of` for each scene in order, then `end` to check
 * that nothing was skipped.
 *
 * Artifacts of one source list their scenes in the source's order, without failed ones. So the table of scenes, which
 * has every scene, leads, and the others follow it.
 */
interface Follower<A> {
  of(scene: string): Promise<A>
  /** @throws Error if some rows were not visited: their scenes are in another order */
  end(): Promise<void>
}

/** Tells whether each scene is among `ids`. */
export const following = (ids: AsyncIterable<string>): Follower<boolean> =>
  follower(
    ids,
    (id) => id,
    () => true,
    false
  )

/** Gives the values of a scene's rows, one list per column; empty lists for a scene without rows. */
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
/** Consecutive rows of one scene; a batch may end in the middle of them. */
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
