/** Builds a node's preimage from its inputs' artifacts. */
import type { GraphNode, GraphPort } from "../pipeline/graph.ts"
import { own } from "../support/own.ts"
import { type Manifest, valueColumns } from "../store/records/manifest.ts"
import type { InputPreimage, Preimage } from "../store/records/preimage.ts"
import { membersDigest } from "../store/format/value-digest.ts"
import type { ParamsPreimage } from "./identity.ts"
import type { ExpectedArtifact, KnownArtifact, Planning } from "./planning.ts"

type Inputs = ReadonlyMap<string, KnownArtifact>
/** By node. */
export type Expected = ReadonlyMap<string, ExpectedArtifact>
const nothing: Expected = new Map()

/** Whether enough is known of a port's inputs to tell what it reads of them. */
export const isKnownPort = ({ mode, from }: GraphPort, inputs: Inputs, expected: Expected): boolean =>
  from.every(({ id }) => inputs.has(id) || (mode === "memberNames" && expected.has(id)))

/** @param params those of the node itself */
export const preimageOf = (
  node: GraphNode,
  inputs: Inputs,
  { codeOf }: Pick<Planning, "codeOf">,
  { params, environment, about }: ParamsPreimage,
  expected: Expected = nothing
): Preimage => {
  const { digest, modules, packages } = codeOf(node.stage)
  const ports = Object.entries(node.ports).map(([name, port]) => [
    name,
    port.mode === "memberNames" ? namesPreimage(port, inputs, expected) : inputPreimages(port, inputs)
  ])
  return {
    format: 1,
    stage: node.stage.name,
    code: { digest, modules, packages },
    params,
    environment,
    ...(about === undefined ? {} : { about }),
    output: { columns: node.columns, form: node.form, label: idColumnOf(node) },
    inputs: Object.fromEntries(ports) as Preimage["inputs"]
  }
}

/**
 * The same while some inputs are unknown: those are assumed to be as `before`, so only the node's own changes
 * differ.
 */
export const preimageSoFar = (
  node: GraphNode,
  known: Inputs,
  planning: Planning,
  params: ParamsPreimage,
  before: Preimage,
  expected: Expected = nothing
): Preimage => {
  const ports = Object.entries(node.ports)
  const told = ports.filter(([, port]) => isKnownPort(port, known, expected))
  const untold = ports.filter(([, port]) => !isKnownPort(port, known, expected))
  const preimage = preimageOf({ ...node, ports: Object.fromEntries(told) }, known, planning, params, expected)
  return {
    ...preimage,
    inputs: {
      ...preimage.inputs,
      ...Object.fromEntries(
        untold.map(([name, { from }]) => [name, own(before.inputs, name) ?? from.map(({ id }) => unread(id))])
      )
    }
  }
}

/** An input that was not connected before: whatever it holds, the node has changed. */
const unread = (node: string): InputPreimage => ({ node, ids: null, columns: {}, failed: [] })

/** The name of the id column, as the node that makes the items named it. */
export const idColumnOf = (node: GraphNode): string | null =>
  node.form === "table" ? null : (node.itemRoot?.stage.spec.item ?? null)

/** The names of the members, and nothing else of the artifact. */
const namesPreimage = (
  { from, reads }: GraphPort,
  inputs: Inputs,
  expected: Expected
): ReadonlyArray<InputPreimage> =>
  from.map(({ id }) => {
    const families = inputs.get(id)?.manifest.families ?? expected.get(id)!.families
    const names = Object.keys(reads).map((family): [string, string] => [
      family,
      membersDigest(own(families, family)?.members ?? [])
    ])
    return { node: id, ids: null, columns: Object.fromEntries(names), failed: [], namesOnly: true }
  })

function inputPreimages(port: GraphPort, inputs: Inputs): ReadonlyArray<InputPreimage> {
  return port.from.map((input) => {
    const { manifest } = inputs.get(input.id)!
    const columns = Object.keys(port.reads).flatMap((name) => digestsOf(manifest, name))
    return {
      node: input.id,
      ids: manifest.ids,
      columns: Object.fromEntries(columns),
      failed: manifest.failed.map(({ item }) => item),
      ...(port.by === undefined ? {} : { member: port.by.column })
    }
  })
}

/** A column's digest; for a tensor family, those of its members and of their order. */
function digestsOf(manifest: Manifest, name: string): Array<[string, string]> {
  const family = own(manifest.families, name)
  const values = valueColumns(manifest, name).map((column): [string, string] => [
    column,
    manifest.digests[column]!
  ])
  return family === undefined ? values : [[name, membersDigest(family.members)], ...values]
}
