/** The graph after declaration, as all other code sees it: nodes, and the inputs of their ports. */
import type { Columns } from "./columns.ts"
import type { Form, PortMode } from "./ports.ts"
import type { AnyStage } from "./stage.ts"

export interface GraphPort {
  readonly mode: PortMode
  /** the columns that the stage reads */
  readonly reads: Columns
  /** the port's input nodes: one, or any number for `many` */
  readonly from: ReadonlyArray<GraphNode>
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
  /** the source of its items; null for a table */
  readonly rootSource: GraphNode | null
}
export interface Graph {
  readonly pipeline: string
  /** inputs first */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly byId: ReadonlyMap<string, GraphNode>
  /** what the pipeline returns, by name */
  readonly outputs: Readonly<Record<string, ReadonlyArray<GraphNode>>>
}
