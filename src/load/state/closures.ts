/** Functions that change state outside themselves. Each call of such a function counts as a change. */
import type { Variable } from "eslint-scope"
import type { SyntaxNode } from "../bundle/edit-source.ts"
import type { Functions } from "./functions.ts"
import type { Syntax } from "./syntax.ts"
import type { Target } from "./values.ts"

export class Closures {
  /** methods that change `this`, or a variable of an enclosing scope */
  readonly methods = new Set<SyntaxNode>()
  /** parameters that their functions change */
  readonly parameters = new Set<Variable>()
  /** functions that create state and return functions that change it */
  readonly makers = new Set<SyntaxNode>()
  readonly #syntax: Syntax
  readonly #functions: Functions
  constructor(syntax: Syntax, functions: Functions) {
    this.#syntax = syntax
    this.#functions = functions
  }
  get size(): number {
    return this.methods.size + this.parameters.size + this.makers.size
  }
  /** Records a change inside functions. True if it changes a module-level binding or a global. */
  reachesOut(target: Target, at: SyntaxNode, settled: boolean): boolean {
    if (target.kind === "global") return true
    const around = this.#functions.functionsAround(at)
    if (target.kind === "this") {
      if (!settled) this.methods.add(target.owner)
      return false
    }
    const { variable } = target
    if (this.#syntax.isTopLevel(variable)) return true
    const owner = variable.scope.variableScope.block as unknown as SyntaxNode
    const between = around.slice(0, Math.max(0, around.indexOf(owner)))
    if (variable.defs[0]?.type === "Parameter" && between.length === 0) this.parameters.add(variable)
    if (between.length > 0 && !settled) {
      for (const each of between) this.methods.add(each)
      this.makers.add(owner)
    }
    return false
  }
}
