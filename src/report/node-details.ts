/** How each node's artifact came about: what it was made from, by which code, by which run and where. */
import { madeFrom, madeFromLeaves } from "../inspect/made-from.ts"
import { artifactsOf } from "../inspect/hooks.ts"
import type { Graph } from "../pipeline/graph.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { bytes, count, duration, shortDigest } from "../support/numbers.ts"
import { clipped, oneLine } from "../support/plain-text.ts"
import { dataTable } from "./data-table.ts"
import { anchorOf, type Html, markup } from "./html.ts"

/** A page describes this many nodes; `show` describes every one. */
const mostNodes = 300
/** Characters of a parameter's value. */
const valueWidth = 300

/** @param graph null if the pipeline cannot be opened: then inputs are not known */
export function nodeSection(store: Store, run: RunRecord, graph: Graph | null): Html {
  const shown = run.nodes.slice(0, mostNodes)
  const more = run.nodes.length - shown.length
  return markup`${dataTable({
    caption: "Nodes: what each took and gave",
    columns: ["node", "stage", "status", "items", "seconds", "size", "artifact"],
    rows: shown.map((node) => [
      markup`<a href="#${anchorOf("node", node.id)}">${node.id}</a>`,
      node.stage,
      markup`<span class="state ${node.status}">${[node.status, ...marksOf(node)].join(", ")}</span>`,
      node.items.total,
      node.status === "executed" ? node.seconds : null,
      node.bytes === null ? null : bytes(node.bytes),
      node.artifact === null ? null : shortDigest(node.artifact)
    ])
  })}
${more === 0 ? null : markup`<p class="small muted">${count(more)} more nodes: probeline show ${run.id}</p>`}
<h3>How each came about</h3>
${shown.map((node) => nodeDetails(store, run, node, graph))}
`
}

const marksOf = ({ incomplete, accepted, partial }: NodeRecord): ReadonlyArray<string> => [
  ...(incomplete ? ["incomplete"] : []),
  ...(partial.length > 0 ? ["partial"] : []),
  ...(accepted === undefined ? [] : ["accepted"])
]

function nodeDetails(store: Store, run: RunRecord, record: NodeRecord, graph: Graph | null): Html {
  const node = graph?.byId.get(record.id)
  const manifest = record.artifact === null ? null : store.manifest(record.artifact)
  const made = manifest === null ? null : madeFrom(store, manifest, record)
  const artifactOf = artifactsOf(run.nodes)
  const { items } = record
  const facts: ReadonlyArray<readonly [string, Html | string | null]> = [
    ["stage", record.stage],
    ["artifact", record.artifact === null ? "none" : markup`<code>${record.artifact}</code>`],
    ["why", record.error],
    ["hint", record.hint],
    [
      "items",
      items.total === null
        ? null
        : `${count(items.total)}: ${count(items.executed)} computed, ${count(items.cached)} reused, ${count(items.failed)} failed`
    ],
    [
      "inputs",
      node === undefined || node.inputs.length === 0
        ? null
        : markup`${node.inputs.map(
            ({ id }) =>
              markup`<a href="#${anchorOf("node", id)}">${id}</a> <code>${shortDigest(artifactOf(id) ?? "none")}</code> `
          )}`
    ],
    ["code", made === null ? null : markup`<code>${made.code}</code>`],
    ["key", record.key === null ? null : markup`<code>${record.key}</code>`],
    [
      "computed",
      made === null
        ? null
        : `by run ${made.run}, ${made.at}, in ${duration(made.seconds)}, on ${made.host.host} (${made.host.cpu}, Node ${made.host.node})`
    ],
    ["incomplete", record.incomplete ? "it omits failed items and anything derived from them" : null],
    ["partial", record.partial.length === 0 ? null : record.partial.join("; ")],
    [
      "accepted",
      record.accepted === undefined ? null : `at ${record.accepted.at}: computed under another key`
    ],
    ...(made === null ? [] : madeFromLeaves(made)).map(
      ([name, value]) => [name, clipped(oneLine(value), valueWidth)] as const
    )
  ]
  return markup`<details class="node" id="${anchorOf("node", record.id)}"><summary><strong>${record.id}</strong> <span class="muted">${record.stage}</span> <span class="state ${record.status}">${record.status}</span></summary>
<dl>${facts.map(([name, value]) => (value === null ? null : markup`<dt>${name}</dt><dd>${value}</dd>`))}</dl></details>
`
}
