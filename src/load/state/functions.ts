/** The functions of a bundle that a call may run, and what they return, by static analysis. */
import { type SyntaxNode, walk } from "../bundle/edit-source.ts"
import { bare, isFunction, memberName, type Syntax } from "./syntax.ts"

export interface Functions {
  /** the bundle's functions that a call may run; empty for functions of packages and of JavaScript itself */
  calledBy(call: SyntaxNode): ReadonlyArray<SyntaxNode>
  /** the expressions that a function may return */
  returnedBy(made: SyntaxNode): ReadonlyArray<SyntaxNode>
  /** the functions around a node, from the inside out */
  functionsAround(node: SyntaxNode): ReadonlyArray<SyntaxNode>
}

export function functionsIn(items: ReadonlyArray<SyntaxNode>, syntax: Syntax): Functions {
  /** methods of classes and object literals, and functions assigned to members, by name */
  const methods = new Map<string, Array<SyntaxNode>>()
  const addMethod = (name: string, made: SyntaxNode) =>
    methods.set(name, [...(methods.get(name) ?? []), made])
  for (const item of items)
    walk(item, (node) => {
      // a module's exports are not methods, though the bundler writes them like methods
      if (node.type === "CallExpression" && (node["callee"] as SyntaxNode)["name"] === "__exportAll")
        return false
      if (node.type === "AssignmentExpression") {
        const [to, made] = [bare(node["left"] as SyntaxNode), bare(node["right"] as SyntaxNode)]
        const name = to.type === "MemberExpression" ? memberName(to) : null
        if (name !== null && isFunction(made)) addMethod(name, made)
        return true
      }
      const value = node["value"] as SyntaxNode | null | undefined
      if (!/^(Property|MethodDefinition|PropertyDefinition)$/.test(node.type) || value == null) return true
      const key = node["key"] as SyntaxNode
      if (!isFunction(value) || (node["computed"] === true && key.type !== "Literal")) return true
      const name = String(key["name"] ?? key["value"])
      if (node["kind"] !== "constructor") addMethod(name, value)
      return true
    })

  const functionsAround = (node: SyntaxNode): ReadonlyArray<SyntaxNode> => {
    const found: Array<SyntaxNode> = []
    for (let at = syntax.parent(node); at !== undefined; at = syntax.parent(at))
      if (isFunction(at)) found.push(at)
    return found
  }
  /** The functions that an expression may evaluate to. */
  const functionsOf = (expression: SyntaxNode, seen = new Set<unknown>()): ReadonlyArray<SyntaxNode> => {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    if (isFunction(node)) return [node]
    if (node.type.startsWith("Class")) {
      const members = (node["body"] as SyntaxNode)["body"] as ReadonlyArray<SyntaxNode>
      const made = members.find((member) => member["kind"] === "constructor")
      return made === undefined ? [] : [made["value"] as SyntaxNode]
    }
    if (node.type === "MemberExpression") {
      const name = memberName(node)
      return name === null ? [] : (methods.get(name) ?? [])
    }
    if (node.type === "LogicalExpression")
      return [node["left"] as SyntaxNode, node["right"] as SyntaxNode].flatMap((each) =>
        functionsOf(each, seen)
      )
    if (node.type === "ConditionalExpression")
      return [node["consequent"] as SyntaxNode, node["alternate"] as SyntaxNode].flatMap((each) =>
        functionsOf(each, seen)
      )
    if (node.type !== "Identifier") return []
    const variable = syntax.binding(node)
    if (variable == null) return []
    const declared = variable.defs.flatMap(({ type, node: of }) =>
      type === "FunctionName" || type === "ClassName" ? functionsOf(of as unknown as SyntaxNode, seen) : []
    )
    return [...declared, ...syntax.given(variable).flatMap((each) => functionsOf(each, seen))]
  }
  const calledBy = (call: SyntaxNode) => functionsOf(call["callee"] as SyntaxNode)

  const returnedBy = (made: SyntaxNode): ReadonlyArray<SyntaxNode> => {
    const body = made["body"] as SyntaxNode
    if (body.type !== "BlockStatement") return [body]
    const returned: Array<SyntaxNode> = []
    walk(body, (node) => {
      if (isFunction(node)) return false
      if (node.type === "ReturnStatement" && node["argument"] != null)
        returned.push(node["argument"] as SyntaxNode)
      return true
    })
    return returned
  }

  return { calledBy, returnedBy, functionsAround }
}
