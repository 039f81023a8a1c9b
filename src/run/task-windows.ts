/**
 * Cuts a task into parts whose rows fit into memory: how many items are due is a matter of time, and quick items may
 * have very large rows.
 */
import { slicedItems } from "../store/items/segments.ts"
import type { Task, TaskPort } from "./task.ts"

/**
 * The most bytes of stored tables that a part's items take up, unless one item takes more. In memory, lists of numbers
 * and texts take many times as much.
 */
const mostBytes = 2 ** 21

/** The parts of an itemwise task, in order; `from` is the index of a part's first item. */
export function* taskWindows(task: Task): Generator<{ readonly from: number; readonly part: Task }> {
  const ids = task.items!
  const bytes = itemBytes(task)
  for (let from = 0, to = 0; from < ids.length; from = to) {
    let sum = bytes[to++]!
    while (to < ids.length && (sum += bytes[to]!) <= mostBytes) to++
    yield { from, part: from === 0 && to === ids.length ? task : partOf(task, from, to) }
  }
}

/** [items] each item's share of the stored tables that its ports read. */
function itemBytes({ items, ports }: Task): Float64Array {
  const bytes = new Float64Array(items!.length)
  for (const port of Object.values(ports)) {
    if (!("items" in port)) continue
    let i = 0
    for (const [s, from, to] of port.items.segments) {
      const { table, items: count } = port.items.shards[s]!
      for (let item = from; item < to; item++) bytes[i++]! += table.bytes / count
    }
  }
  return bytes
}

function partOf(task: Task, from: number, to: number): Task {
  const ports = Object.entries(task.ports).map(([name, port]): [string, TaskPort] => [
    name,
    "items" in port ? { ...port, items: slicedItems(port.items, from, to) } : port
  ])
  return { ...task, ports: Object.fromEntries(ports), items: task.items!.slice(from, to) }
}
