/** The state that an expression gives access to, by static analysis. */
import type { Variable } from "eslint-scope"
import type { SyntaxNode } from "../bundle/edit-source.ts"
import type { Functions } from "./functions.ts"
import { bare, isFunction, isParameter, memberName, patternNames, type Syntax } from "./syntax.ts"

/** The target of a change. */
export type Target =
  /** a binding, of a module or of a function */
  | { readonly kind: "variable"; readonly variable: Variable }
  /** a property of the global object, by its path: `["process", "title"]`; `*` is a computed name */
  | { readonly kind: "global"; readonly path: ReadonlyArray<string> }
  /** `this` of a method or a constructor */
  | { readonly kind: "this"; readonly owner: SyntaxNode }

export interface StaticValues {
  /** the state that an expression's value is, or is part of */
  targetsOf(expression: SyntaxNode): ReadonlyArray<Target>
  /** the state that an assignment to a member changes */
  memberTargets(member: SyntaxNode): ReadonlyArray<Target>
  /** the elements of a list, an object or a copy: `cfg` of `[cfg]` and `{ ...cfg }` */
  heldBy(expression: SyntaxNode): ReadonlyArray<SyntaxNode>
}
const globalNames = new Set(["globalThis", "global"])
/** Methods that return elements of a collection. */
const handsOut = new Set([
  "get",
  "at",
  "find",
  "findLast",
  "pop",
  "shift",
  "subarray",
  "freeze",
  "seal",
  "preventExtensions",
  "getPrototypeOf"
])
/** Methods that copy a collection, with the same elements. */
const copies = new Set([
  "slice",
  "filter",
  "concat",
  "flat",
  "toSorted",
  "toReversed",
  "toSpliced",
  "with",
  "assign",
  "from",
  "values",
  "entries"
])

export function valuesOf(syntax: Syntax, { calledBy, returnedBy, functionsAround }: Functions): StaticValues {
  const targetsOf = (expression: SyntaxNode, seen = new Set<unknown>()): ReadonlyArray<Target> => {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    const all = (...nodes: ReadonlyArray<unknown>) =>
      nodes.flatMap((each) => targetsOf(each as SyntaxNode, seen))
    switch (node.type) {
      case "Identifier":
        return ofName(node, seen)
      case "ThisExpression": {
        const owner = functionsAround(node).find(({ type }) => type !== "ArrowFunctionExpression")
        return owner === undefined ? [] : [{ kind: "this", owner }]
      }
      case "MemberExpression":
        return [...named(node, all(node["object"])), ...all(...heldBy(node["object"] as SyntaxNode))]
      case "CallExpression": {
        const callee = bare(node["callee"] as SyntaxNode)
        if (isCommonJs(callee)) return [{ kind: "variable", variable: syntax.binding(callee)! }]
        if (callee["name"] === "__toESM") return all((node["arguments"] as ReadonlyArray<SyntaxNode>)[0])
        const name = callee.type === "MemberExpression" ? (memberName(callee) ?? "") : ""
        const handed = handsOut.has(name) ? held(node) : []
        return [...all(...handed), ...all(...calledBy(node).flatMap(returnedBy))]
      }
      case "NewExpression":
        // a proxy, or a view of a typed array's memory
        if (bare(node["callee"] as SyntaxNode)["name"] !== "Proxy")
          return all(
            ...(node["arguments"] as ReadonlyArray<SyntaxNode>).filter(
              (each) => each.type === "MemberExpression" && memberName(each) === "buffer"
            )
          )
        return all((node["arguments"] as ReadonlyArray<SyntaxNode>)[0])
      case "LogicalExpression":
        return all(node["left"], node["right"])
      case "AssignmentExpression":
        return all(node["right"])
      case "ConditionalExpression":
        return all(node["consequent"], node["alternate"])
      default:
        return []
    }
  }

  /** Appends a member's name to the paths of globals. */
  function named(member: SyntaxNode, targets: ReadonlyArray<Target>): ReadonlyArray<Target> {
    const name = memberName(member) ?? "*"
    return targets.map((target) =>
      target.kind === "global" ? { kind: "global", path: [...target.path, name] } : target
    )
  }

  /** The elements of a list, an object or a copy: `cfg` of `[cfg]` and `{ ...cfg }`. */
  function heldBy(expression: SyntaxNode, seen = new Set<unknown>()): ReadonlyArray<SyntaxNode> {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    const parts = (node["elements"] ?? node["properties"]) as ReadonlyArray<SyntaxNode | null> | undefined
    if (node.type === "ArrayExpression" || node.type === "ObjectExpression")
      return parts!.flatMap((each) => {
        const value =
          each?.type === "Property"
            ? (each["value"] as SyntaxNode)
            : ((each?.["argument"] ?? each) as SyntaxNode)
        return value == null || isFunction(value) ? [] : [value]
      })
    if (node.type === "CallExpression") {
      const callee = bare(node["callee"] as SyntaxNode)
      const isCopy = callee.type === "MemberExpression" && copies.has(memberName(callee) ?? "")
      return isCopy
        ? [...held(node), ...(node["arguments"] as ReadonlyArray<SyntaxNode>)].filter(
            (each) => !isFunction(each)
          )
        : []
    }
    const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
    return variable == null ? [] : syntax.given(variable).flatMap((each) => heldBy(each, seen))
  }

  /** Whether it is the function that runs a CommonJS module and returns its exports. */
  function isCommonJs(callee: SyntaxNode): boolean {
    const by = callee.type === "Identifier" ? syntax.binding(callee)?.defs[0]?.node : undefined
    const init = (by as unknown as SyntaxNode | undefined)?.["init"] as SyntaxNode | null | undefined
    return (
      init?.type === "CallExpression" &&
      String((init["callee"] as SyntaxNode)["name"]).startsWith("__commonJS")
    )
  }

  function ofName(node: SyntaxNode, seen: Set<unknown>): ReadonlyArray<Target> {
    const name = String(node["name"])
    const variable = syntax.binding(node)
    if (variable === undefined || name === "undefined") return []
    if (variable === null) return [{ kind: "global", path: globalNames.has(name) ? [] : [name] }]
    if (variable.defs[0]?.type === "ImportBinding") return []
    const others = [...(isParameter(variable) ? iterated(variable) : []), ...syntax.given(variable)]
    const parts = isPart(variable) ? others.flatMap((each) => heldBy(each)) : []
    return [{ kind: "variable", variable }, ...[...others, ...parts].flatMap((each) => targetsOf(each, seen))]
  }

  /** The collection that a call works on: `table` of `table.get(…)` and of `Object.values(table)`. */
  function held(call: SyntaxNode): ReadonlyArray<SyntaxNode> {
    const callee = bare(call["callee"] as SyntaxNode)
    if (callee.type !== "MemberExpression") return []
    const object = bare(callee["object"] as SyntaxNode)
    const isStatic =
      object.type === "Identifier" && /^(Object|Array|Reflect|Promise)$/.test(String(object["name"]))
    return isStatic ? (call["arguments"] as ReadonlyArray<SyntaxNode>).slice(0, 1) : [object]
  }

  /** Whether a variable gets a part of its value, by a pattern or a loop. */
  function isPart({ identifiers }: Variable): boolean {
    const name = identifiers[0] as unknown as SyntaxNode | undefined
    const declarator = name === undefined ? undefined : syntax.parent(name)
    if (declarator?.type !== "VariableDeclarator") return true
    const loop = syntax.parent(syntax.parent(declarator)!)
    return loop?.type === "ForOfStatement" || loop?.type === "ForInStatement"
  }

  /**
   * Possible values of a callback's parameter: `table` in `table.forEach((row) => …)`, or the arguments that a function
   * passes to its callback.
   */
  function iterated(variable: Variable): ReadonlyArray<SyntaxNode> {
    const made = variable.defs[0]!.node as unknown as SyntaxNode
    const call = syntax.parent(made)
    const place = ((call?.["arguments"] ?? []) as ReadonlyArray<SyntaxNode>).indexOf(made)
    if (call?.type !== "CallExpression" || place < 0) return []
    const callee = bare(call["callee"] as SyntaxNode)
    const position = (made["params"] as ReadonlyArray<SyntaxNode>).findIndex((each) =>
      patternNames(each).some((name) => syntax.parameter(name) === variable)
    )
    const passed = calledBy(call).flatMap((by) => {
      const parameter = (by["params"] as ReadonlyArray<SyntaxNode>)[place]
      const named = parameter === undefined ? undefined : syntax.parameter(parameter)
      return (named?.references ?? []).flatMap(({ identifier }) => {
        const inner = syntax.parent(identifier as unknown as SyntaxNode)
        const isCalled = inner?.type === "CallExpression" && inner["callee"] === (identifier as unknown)
        return isCalled ? ((inner["arguments"] as ReadonlyArray<SyntaxNode>)[position] ?? []) : []
      })
    })
    // the accumulator comes first
    const isReduced = callee.type === "MemberExpression" && /^reduce(Right)?$/.test(memberName(callee) ?? "")
    const [, start] = call["arguments"] as ReadonlyArray<SyntaxNode>
    const isStart = isReduced && position === 0
    const through = isStart ? (start === undefined ? [] : [start]) : held(call)
    return [...through, ...through.flatMap((each) => (isStart ? [] : heldBy(each))), ...passed]
  }

  const known = new Map<SyntaxNode, ReadonlyArray<Target>>()
  return {
    targetsOf: (expression) => {
      const found = known.get(expression) ?? targetsOf(expression)
      known.set(expression, found)
      return found
    },
    memberTargets: (member) => named(member, targetsOf(member["object"] as SyntaxNode)),
    heldBy: (expression) => heldBy(expression)
  }
}
