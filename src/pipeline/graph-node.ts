/** A graph as everything but declaring sees it: nodes, and what their ports are fed from. */
import type { Columns } from "./columns.ts"
import type { Form, PortMode } from "./ports.ts"
import type { AnyStage } from "./stage.ts"

export interface GraphPort {
  readonly mode: PortMode
  /** the columns that the stage reads */
  readonly reads: Columns
  /** the nodes it is fed from: one, or any number for `many` */
  readonly from: ReadonlyArray<GraphNode>
}
export interface GraphNode {
  readonly id: string
  readonly stage: AnyStage
  readonly form: Form
  readonly columns: Columns
  readonly ports: Readonly<Record<string, GraphPort>>
  /** the nodes that the ports are fed from, each once */
  readonly inputs: ReadonlyArray<GraphNode>
  /** parameters, defaults filled in, paths absolute */
  readonly params: Readonly<Record<string, unknown>>
  /** the source whose items these are; null for a table */
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
