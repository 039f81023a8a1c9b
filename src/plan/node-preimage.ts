/** What a node depends on, with its inputs' artifacts in hand. */
import * as Effect from "effect/Effect"
import type { GraphNode, GraphPort } from "../pipeline/graph.ts"
import { own } from "../support/own.ts"
import type { Problem } from "../support/problem.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { InputPreimage, Preimage } from "../store/records/preimage.ts"
import { membersDigest } from "../store/format/value-digest.ts"
import { knownParams, type ParamsPreimage, paramsPreimage } from "./identity.ts"
import type { KnownArtifact, Planning } from "./planning.ts"
import type { NotHere } from "./world.ts"

type Inputs = ReadonlyMap<string, KnownArtifact>

/** A node's own part: its parameters, for which no input need be known. */
export const ownPreimage = (
  node: GraphNode,
  { codeOf, outside, identities, fetching }: Planning
): Effect.Effect<ParamsPreimage, Problem | NotHere> =>
  paramsPreimage(node, codeOf(node.stage).digest, outside, identities, fetching)

export const preimageOf = (
  node: GraphNode,
  inputs: Inputs,
  planning: Planning
): Effect.Effect<Preimage, Problem | NotHere> =>
  Effect.map(ownPreimage(node, planning), (own) => withParams(node, inputs, planning, own))

/**
 * The same while some inputs are not known yet: those are as they were `before`, so that what differs is the node's
 * own.
 */
export const preimageSoFar = (
  node: GraphNode,
  known: Inputs,
  planning: Planning,
  own: ParamsPreimage,
  before: Preimage
): Preimage => {
  const ports = Object.entries(node.ports)
  const told = ports.filter(([, { from }]) => from.every(({ id }) => known.has(id)))
  const untold = ports.filter(([, { from }]) => from.some(({ id }) => !known.has(id)))
  const preimage = withParams({ ...node, ports: Object.fromEntries(told) }, known, planning, own)
  return {
    ...preimage,
    inputs: {
      ...preimage.inputs,
      ...Object.fromEntries(
        untold.flatMap(([name]) => (Object.hasOwn(before.inputs, name) ? [[name, before.inputs[name]!]] : []))
      )
    }
  }
}

/** The same, where `identity` need not be asked; null where it must. Throws where `preimageOf` fails. */
export function knownPreimage(node: GraphNode, inputs: Inputs, planning: Planning): Preimage | null {
  const { digest } = planning.codeOf(node.stage)
  const params = knownParams(node, digest, planning.outside, planning.identities)
  return params === null ? null : withParams(node, inputs, planning, params)
}

const withParams = (
  node: GraphNode,
  inputs: Inputs,
  { codeOf }: Planning,
  { params, environment, about }: ParamsPreimage
): Preimage => {
  const { digest, modules, packages } = codeOf(node.stage)
  const ports = Object.entries(node.ports).map(([name, port]) => [name, inputPreimages(port, inputs)])
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

/** The name of the id column: what the source calls its items. */
export const idColumnOf = (node: GraphNode): string | null =>
  node.form === "table" ? null : (node.rootSource?.stage.spec.item ?? null)

function inputPreimages(
  port: GraphPort,
  inputs: ReadonlyMap<string, KnownArtifact>
): ReadonlyArray<InputPreimage> {
  return port.from.map((input) => {
    const { manifest } = inputs.get(input.id)!
    const columns = Object.keys(port.reads).flatMap((name) => digestsOf(manifest, name))
    return {
      node: input.id,
      ids: manifest.ids,
      columns: Object.fromEntries(columns),
      failed: manifest.failed.map(({ item }) => item)
    }
  })
}

/** Of a column its digest; of a tensor family those of its members, and of their order. */
function digestsOf({ families, digests }: Manifest, name: string): Array<[string, string]> {
  const family = own(families, name)
  if (family === undefined) return [[name, digests[name]!]]
  const members = family.members.map((member): [string, string] => [
    `${name}/${member}`,
    digests[`${name}/${member}`]!
  ])
  return [[name, membersDigest(family.members)], ...members]
}
