/** Visits the nodes of a bundle: what each uses, and when it runs. */
import { notInKeys } from "../../pipeline/stage-fields.ts"
import type { SyntaxNode } from "../bundle/edit-source.ts"
import { bare, isFunction, type Item, memberName, type Syntax } from "./syntax.ts"
import type { Target, StaticValues } from "./values.ts"

/**
 * When code runs. `load`: when its module is loaded or the graph is built. `call`: when a function of its item is
 * called. `stage`: when a stage runs.
 */
export type When = "load" | "call" | "stage"

export interface Use {
  readonly target: Target
  readonly item: Item
  readonly when: When
  readonly node: SyntaxNode
}
/** Calls that do not run functions among their arguments. */
const runsNone = /^(freeze|seal|preventExtensions|Map|Set|WeakMap|__esm\w*|__commonJS\w*|__exportAll)$/

/** Calls `see` for each node of an item with the time when it runs. Skips fields of stages that are not part of any key. */
export function visit(item: SyntaxNode, syntax: Syntax, see: (node: SyntaxNode, when: When) => void): void {
  const go = (node: SyntaxNode, when: When, argumentOf: "nothing" | "call" | "stage") => {
    see(node, when)
    const children = (of: unknown, now: When, as: typeof argumentOf) => {
      for (const each of Array.isArray(of) ? of : [of])
        if (typeof each?.type === "string") go(each as SyntaxNode, now, as)
    }
    if (isFunction(node)) {
      const now =
        argumentOf === "stage"
          ? "stage"
          : when === "load" && argumentOf === "nothing" && node !== item
            ? "call"
            : when
      // functions inside a running function may run with it
      const within = now === "load" ? "call" : "nothing"
      for (const part of [node["params"], node["body"]])
        children(part, node.type === "FunctionDeclaration" && node === item ? "call" : now, within)
      return
    }
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const isStage = syntax.declaresStage(node)
      const callee = bare(node["callee"] as SyntaxNode)
      const name = callee.type === "MemberExpression" ? memberName(callee) : String(callee["name"] ?? "")
      children(node["callee"], when, isFunction(callee) ? "call" : argumentOf)
      children(node["arguments"], when, isStage ? "stage" : runsNone.test(name ?? "") ? argumentOf : "call")
      return
    }
    for (const [field, child] of Object.entries(node)) {
      if (field === "properties" && argumentOf === "stage" && Array.isArray(child))
        children(
          child.filter((each: SyntaxNode) => !isWord(each)),
          when,
          argumentOf
        )
      else children(child, when, argumentOf)
    }
  }
  go(item, "load", "nothing")
}
const isWord = (property: SyntaxNode): boolean => {
  const key = property["key"] as SyntaxNode | undefined
  return key !== undefined && notInKeys.has(String(key["name"] ?? key["value"]))
}

/** The module-level bindings or globals that a node uses; a mere assignment is not a use. */
export function used(node: SyntaxNode, syntax: Syntax, { targetsOf }: StaticValues): ReadonlyArray<Target> {
  if (node.type === "MemberExpression") {
    const parent = syntax.parent(node)
    if (parent?.type === "MemberExpression" && parent["object"] === node) return []
    return targetsOf(node).filter(({ kind }) => kind === "global")
  }
  const reference = node.type === "Identifier" ? syntax.reference(node) : undefined
  const variable = syntax.binding(node)
  if (variable === undefined || reference?.isRead() !== true) return []
  if (variable === null) return targetsOf(node).filter(({ kind }) => kind === "global")
  return syntax.isTopLevel(variable) ? [{ kind: "variable", variable }] : []
}
