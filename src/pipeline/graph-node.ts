/** The graph after declaration, as all other code sees it: nodes, and the inputs of their ports. */
import type { Columns } from "./columns.ts"
import type { Form, PortMode } from "./ports.ts"
import type { AnyStage } from "./stage.ts"

export interface GraphPort {
  readonly mode: PortMode
  /** the columns that the stage reads; for a member port, its family alone */
  readonly reads: Columns
  /** the port's input nodes: one, or any number for `many` */
  readonly from: ReadonlyArray<GraphNode>
  /** of a member port: the port and column that name each item's member */
  readonly by?: PortColumn
  /** true if the node could have left it out */
  readonly optional?: true
}
export interface PortColumn {
  readonly port: string
  readonly column: string
}
/** The form of such a name in a declaration: `fits.tap`. */
export function portColumn(text: string): PortColumn {
  const dot = text.indexOf(".")
  return { port: text.slice(0, Math.max(0, dot)), column: text.slice(dot + 1) }
}
export interface GraphNode {
  readonly id: string
  readonly stage: AnyStage
  readonly form: Form
  readonly columns: Columns
  readonly ports: Readonly<Record<string, GraphPort>>
  /** the input nodes of all ports, each once */
  readonly inputs: ReadonlyArray<GraphNode>
  /** parameters with defaults filled in and absolute paths */
  readonly params: Readonly<Record<string, unknown>>
  /** the node that makes its items, a source or a whole stage; null for a table */
  readonly itemRoot: GraphNode | null
}
/** The ids of the nodes connected to each port, for messages. */
export const inputIds = ({
  ports
}: Pick<GraphNode, "ports">): Readonly<Record<string, ReadonlyArray<string>>> =>
  Object.fromEntries(Object.entries(ports).map(([port, { from }]) => [port, from.map(({ id }) => id)]))

export interface Graph {
  readonly pipeline: string
  /** inputs first */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly byId: ReadonlyMap<string, GraphNode>
  /** what the pipeline returns, by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<GraphNode>>>
}
