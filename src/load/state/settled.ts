/**
 * Settled changes: the resulting state is the same no matter which code makes the change, or how often.
 *
 * A value made once (`table ??= load()`) is settled, and so is an entry of a memo table, since its value depends only on
 * its key: `table.set(key, compute(key))`. It must not depend on other arguments or on the table's content.
 */
import type { Variable } from "eslint-scope"
import { type SyntaxNode, walk } from "../bundle/edit-source.ts"
import { bare, isFunction, isParameter, memberName, type Syntax } from "./syntax.ts"

/** A parameter or `this`, or a member of it. */
interface Input {
  readonly of: Variable | "this"
  /** the parameter's function; null for `this` */
  readonly made: SyntaxNode | null
  readonly path: ReadonlyArray<string>
}

export interface Settled {
  /** Whether a value put into `state` is settled; `key` is its key if the state is a table. */
  isSettled(value: SyntaxNode | undefined, key: SyntaxNode | null | undefined, state: SyntaxNode): boolean
}

export function settledIn(syntax: Syntax): Settled {
  /** Calls `see` for each part of an expression, and of the values of its local variables if `see` returns true. */
  const eachPart = (
    expression: SyntaxNode,
    see: (node: SyntaxNode, variable: Variable | null) => boolean
  ) => {
    const seen = new Set<unknown>()
    const look = (within: SyntaxNode) => {
      if (seen.has(within)) return
      seen.add(within)
      walk(within, (node) => {
        const variable = (node.type === "Identifier" ? syntax.binding(node) : null) ?? null
        const isFollowed = see(node, variable)
        if (isFollowed && variable !== null && !syntax.isTopLevel(variable))
          syntax.given(variable).forEach(look)
        return true
      })
    }
    look(expression)
  }
  /** the parameters of enclosing functions that an expression's value depends on */
  const inputsOf = (expression: SyntaxNode): ReadonlyArray<Input> => {
    const found: Array<Input> = []
    eachPart(expression, (node, variable) => {
      if (node.type === "ThisExpression" && !hasOwnThis(node, expression))
        found.push({ of: "this", made: null, path: pathAround(node, expression) })
      const by = variable?.defs[0]
      if (variable === null || (by?.type !== "Parameter" && by?.type !== "CatchClause")) return true
      const made = by.node as unknown as SyntaxNode
      const isInside = made.start >= expression.start && made.end <= expression.end
      if (!isInside) found.push({ of: variable, made, path: pathAround(node, expression) })
      return false
    })
    return found
  }
  /** Whether a `this` belongs to a function or class within the expression: a class's own methods, above all. */
  const hasOwnThis = (node: SyntaxNode, within: SyntaxNode): boolean => {
    for (let at = syntax.parent(node); at !== undefined; at = syntax.parent(at)) {
      if (/^(FunctionExpression|FunctionDeclaration|ClassBody)$/.test(at.type)) return true
      if (at === within) return false
    }
    return false
  }
  const rootOf = (state: SyntaxNode): Variable | null => {
    let at = bare(state)
    while (at.type === "MemberExpression") at = bare(at["object"] as SyntaxNode)
    return at.type === "Identifier" ? (syntax.binding(at) ?? null) : null
  }
  /** the function whose local variable holds the expression's state; null at module level */
  const makerOf = (state: SyntaxNode): SyntaxNode | null => {
    const owner = rootOf(state)?.scope.variableScope.block as unknown as SyntaxNode | undefined
    return owner !== undefined && isFunction(owner) ? owner : null
  }
  /** the parts of an expression that use the state itself */
  const usesOf = (expression: SyntaxNode, state: SyntaxNode): ReadonlyArray<SyntaxNode> => {
    const root = rootOf(state)
    const found: Array<SyntaxNode> = []
    if (root !== null)
      eachPart(expression, (node, variable) => {
        if (variable === root) found.push(node)
        return variable !== null && variable !== root && !isParameter(variable)
      })
    return found
  }
  /** `["a", "b"]` of `x` in `x.a.b`; a computed name ends the path with `*`. */
  const pathAround = (node: SyntaxNode, within: SyntaxNode): ReadonlyArray<string> => {
    const path: Array<string> = []
    for (let at = node, up = syntax.parent(at); up !== undefined; at = up, up = syntax.parent(at)) {
      if (at === within) break
      if (up.type !== "MemberExpression" || up["object"] !== at) break
      path.push(memberName(up) ?? "*")
    }
    return path
  }

  const isSettled = (
    value: SyntaxNode | undefined,
    key: SyntaxNode | null | undefined,
    state: SyntaxNode
  ): boolean => {
    if (value === undefined) return false
    // values under a table's key are already settled, and so are parameters of the function that created the table
    const own = inputsOf(state).filter((input) => input.of === "this")
    const isHeld = ({ of, path }: Input) =>
      own.some(
        (table) =>
          table.of === of &&
          table.path.every((name, i) => name === path[i]) &&
          isKeyed(path[table.path.length])
      )
    const maker = makerOf(state)
    const ofKey = key == null ? [] : inputsOf(key)
    return (
      inputsOf(value).every((input) => {
        const isOuter = maker !== null && input.made !== null && encloses(input.made, maker)
        return isOuter || isHeld(input) || ofKey.some((known) => determines(known, input))
      }) &&
      (key == null || usesOf(value, state).every((use) => isKeyedUse(use, syntax)))
    )
  }
  return { isSettled }
}

/** Whether a member of a table looks up a key. */
const isKeyed = (name: string | undefined) => name === "get" || name === "has" || name === "*"
/** Whether a use of a table looks up a key: `table.get(key)`, `table[key]`. `table.size` depends on earlier calls. */
function isKeyedUse(use: SyntaxNode, syntax: Syntax): boolean {
  const member = syntax.parent(use)
  if (member?.type === "NewExpression") return true
  if (member?.type !== "MemberExpression" || member["object"] !== use) return false
  if (isKeyed(memberName(member) ?? "*") || memberName(member) === "set") return true
  const outer = syntax.parent(member)
  return outer?.type === "MemberExpression" && outer["object"] === member && isKeyed(memberName(outer) ?? "*")
}
const encloses = (outer: SyntaxNode, inner: SyntaxNode): boolean =>
  outer.start <= inner.start && outer.end >= inner.end

/** Whether one input determines another. `entry.id` does not determine `entry.value`. */
const determines = (known: Input, input: Input): boolean =>
  known.of === input.of &&
  known.path.length <= input.path.length &&
  known.path.every((name, i) => name !== "*" && name === input.path[i])
