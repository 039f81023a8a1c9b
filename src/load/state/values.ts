/** Which state an expression gives access to, and which functions it may call: as far as the text shows it. */
import type { Variable } from "eslint-scope"
import { type Node, walk } from "../edit-source.ts"
import { bare, isFunction, memberName, patternNames, type Syntax } from "./syntax.ts"

/** What a change reaches. */
export type Target =
  /** a binding, of a module or of a function */
  | { readonly kind: "variable"; readonly variable: Variable }
  /** a property of the global object, by its path: `["process", "title"]`; `*` is a name that is computed */
  | { readonly kind: "global"; readonly path: ReadonlyArray<string> }
  /** `this` of a method or a constructor */
  | { readonly kind: "this"; readonly owner: Node }

export interface Values {
  /** the state that an expression's value is, or is part of */
  targetsOf(expression: Node): ReadonlyArray<Target>
  /** the functions of the bundle that a call may run; empty for those of packages and of JavaScript itself */
  calledBy(call: Node): ReadonlyArray<Node>
  /** the functions around a node, from the inside out */
  functionsAround(node: Node): ReadonlyArray<Node>
  /** which parameters of the enclosing functions an expression's value depends on */
  inputsOf(expression: Node): ReadonlyArray<Input>
}
/** A parameter or `this`, or what lies in it. */
export interface Input {
  readonly of: Variable | "this"
  readonly path: ReadonlyArray<string>
}

const globalNames = new Set(["globalThis", "global"])
/** Methods of collections that hand out what the collection holds. */
const handsOut = new Set(["get", "at", "find", "findLast", "values", "entries", "pop", "shift", "next"])

export function valuesOf(program: ReadonlyArray<Node>, syntax: Syntax): Values {
  /** methods of classes and object literals, and functions that are assigned to a member, by name */
  const methods = new Map<string, Array<Node>>()
  const addMethod = (name: string, made: Node) => methods.set(name, [...(methods.get(name) ?? []), made])
  for (const item of program)
    walk(item, (node) => {
      // a module's exports are no methods, though the bundler writes them so
      if (node.type === "CallExpression" && (node["callee"] as Node)["name"] === "__exportAll") return false
      if (node.type === "AssignmentExpression") {
        const [to, made] = [bare(node["left"] as Node), bare(node["right"] as Node)]
        const name = to.type === "MemberExpression" ? memberName(to) : null
        if (name !== null && isFunction(made)) addMethod(name, made)
        return true
      }
      const value = node["value"] as Node | null | undefined
      if (!/^(Property|MethodDefinition|PropertyDefinition)$/.test(node.type) || value == null) return true
      const key = node["key"] as Node
      if (!isFunction(value) || (node["computed"] === true && key.type !== "Literal")) return true
      const name = String(key["name"] ?? key["value"])
      if (node["kind"] !== "constructor") addMethod(name, value)
      return true
    })

  const functionsAround = (node: Node): ReadonlyArray<Node> => {
    const found: Array<Node> = []
    for (let at = syntax.parent(node); at !== undefined; at = syntax.parent(at))
      if (isFunction(at)) found.push(at)
    return found
  }
  const given = (variable: Variable): ReadonlyArray<Node> =>
    variable.references.flatMap(({ writeExpr }) => (writeExpr == null ? [] : [writeExpr as unknown as Node]))
  const isParameter = ({ defs }: Variable) => defs[0]?.type === "Parameter"

  /** Functions that an expression may be. */
  const functionsOf = (expression: Node, seen = new Set<unknown>()): ReadonlyArray<Node> => {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    if (isFunction(node)) return [node]
    if (node.type.startsWith("Class")) {
      const members = (node["body"] as Node)["body"] as ReadonlyArray<Node>
      const made = members.find((member) => member["kind"] === "constructor")
      return made === undefined ? [] : [made["value"] as Node]
    }
    if (node.type === "MemberExpression") {
      const name = memberName(node)
      return name === null ? [] : (methods.get(name) ?? [])
    }
    if (node.type === "LogicalExpression")
      return [node["left"] as Node, node["right"] as Node].flatMap((each) => functionsOf(each, seen))
    if (node.type === "ConditionalExpression")
      return [node["consequent"] as Node, node["alternate"] as Node].flatMap((each) =>
        functionsOf(each, seen)
      )
    if (node.type !== "Identifier") return []
    const variable = syntax.binding(node)
    if (variable == null) return []
    const declared = variable.defs.flatMap(({ type, node: of }) =>
      type === "FunctionName" || type === "ClassName" ? functionsOf(of as unknown as Node, seen) : []
    )
    return [...declared, ...given(variable).flatMap((each) => functionsOf(each, seen))]
  }
  const calledBy = (call: Node) => functionsOf(call["callee"] as Node)

  const returnedBy = (made: Node): ReadonlyArray<Node> => {
    const body = made["body"] as Node
    if (body.type !== "BlockStatement") return [body]
    const returned: Array<Node> = []
    walk(body, (node) => {
      if (isFunction(node)) return false
      if (node.type === "ReturnStatement" && node["argument"] != null) returned.push(node["argument"] as Node)
      return true
    })
    return returned
  }

  const targetsOf = (expression: Node, seen = new Set<unknown>()): ReadonlyArray<Target> => {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    const all = (...nodes: ReadonlyArray<unknown>) => nodes.flatMap((each) => targetsOf(each as Node, seen))
    switch (node.type) {
      case "Identifier":
        return ofName(node, seen)
      case "ThisExpression": {
        const owner = functionsAround(node).find(({ type }) => type !== "ArrowFunctionExpression")
        return owner === undefined ? [] : [{ kind: "this", owner }]
      }
      case "MemberExpression": {
        const name = memberName(node) ?? "*"
        return all(node["object"]).map((target) =>
          target.kind === "global" ? { kind: "global", path: [...target.path, name] } : target
        )
      }
      case "CallExpression": {
        const callee = bare(node["callee"] as Node)
        if (isCommonJs(callee)) return [{ kind: "variable", variable: syntax.binding(callee)! }]
        if (callee["name"] === "__toESM") return all((node["arguments"] as ReadonlyArray<Node>)[0])
        const name = callee.type === "MemberExpression" ? (memberName(callee) ?? "") : ""
        const handed = handsOut.has(name) ? held(node) : []
        return [...all(...handed), ...all(...calledBy(node).flatMap(returnedBy))]
      }
      case "NewExpression":
        // a proxy, and what else is made of the state itself
        return bare(node["callee"] as Node)["name"] === "Proxy"
          ? all((node["arguments"] as ReadonlyArray<Node>)[0])
          : []
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

  /** Is it what runs a CommonJS module, and gives its exports? */
  function isCommonJs(callee: Node): boolean {
    const by = callee.type === "Identifier" ? syntax.binding(callee)?.defs[0]?.node : undefined
    const init = (by as unknown as Node | undefined)?.["init"] as Node | null | undefined
    return (
      init?.type === "CallExpression" && String((init["callee"] as Node)["name"]).startsWith("__commonJS")
    )
  }

  function ofName(node: Node, seen: Set<unknown>): ReadonlyArray<Target> {
    const name = String(node["name"])
    const variable = syntax.binding(node)
    if (variable === undefined || name === "undefined") return []
    if (variable === null) return [{ kind: "global", path: globalNames.has(name) ? [] : [name] }]
    if (variable.defs[0]?.type === "ImportBinding") return []
    const others = isParameter(variable)
      ? iterated(variable).flatMap((each) => targetsOf(each, seen))
      : given(variable).flatMap((each) => targetsOf(each, seen))
    return [{ kind: "variable", variable }, ...others]
  }

  /** The collection that a call goes through: `table` of `table.get(…)` and of `Object.values(table)`. */
  function held(call: Node): ReadonlyArray<Node> {
    const callee = bare(call["callee"] as Node)
    if (callee.type !== "MemberExpression") return []
    const object = bare(callee["object"] as Node)
    const isStatic =
      object.type === "Identifier" && /^(Object|Array|Reflect|Promise)$/.test(String(object["name"]))
    return isStatic ? (call["arguments"] as ReadonlyArray<Node>).slice(0, 1) : [object]
  }

  /** What a callback's parameter may be: `table` of `table.forEach((row) => …)`, what a function calls it with. */
  function iterated(variable: Variable): ReadonlyArray<Node> {
    const made = variable.defs[0]!.node as unknown as Node
    const call = syntax.parent(made)
    const place = ((call?.["arguments"] ?? []) as ReadonlyArray<Node>).indexOf(made)
    if (call?.type !== "CallExpression" || place < 0) return []
    const position = (made["params"] as ReadonlyArray<Node>).findIndex((each) =>
      patternNames(each).some((name) => syntax.parameter(name) === variable)
    )
    const passed = calledBy(call).flatMap((by) => {
      const parameter = (by["params"] as ReadonlyArray<Node>)[place]
      const named = parameter === undefined ? undefined : syntax.parameter(parameter)
      return (named?.references ?? []).flatMap(({ identifier }) => {
        const inner = syntax.parent(identifier as unknown as Node)
        const isCalled = inner?.type === "CallExpression" && inner["callee"] === (identifier as unknown)
        return isCalled ? ((inner["arguments"] as ReadonlyArray<Node>)[position] ?? []) : []
      })
    })
    return [...held(call), ...passed]
  }

  const inputsOf = (expression: Node): ReadonlyArray<Input> => {
    const found: Array<Input> = []
    const seen = new Set<unknown>()
    const look = (within: Node) => {
      if (seen.has(within)) return
      seen.add(within)
      walk(within, (node) => {
        if (node.type === "ThisExpression") found.push({ of: "this", path: pathAround(node) })
        const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
        if (variable == null) return true
        const by = variable.defs[0]
        const made = by?.node as unknown as Node | undefined
        if (by?.type === "Parameter" || by?.type === "CatchClause") {
          const isInside = made!.start >= expression.start && made!.end <= expression.end
          if (!isInside) found.push({ of: variable, path: pathAround(node) })
        } else if (!syntax.isTopLevel(variable)) given(variable).forEach(look)
        return true
      })
    }
    look(expression)
    return found
  }
  /** `["a", "b"]` of `x` in `x.a.b`; a name that is computed ends the path with `*`. */
  const pathAround = (node: Node): ReadonlyArray<string> => {
    const path: Array<string> = []
    for (let at = node, up = syntax.parent(at); up !== undefined; at = up, up = syntax.parent(at)) {
      if (up.type !== "MemberExpression" || up["object"] !== at) break
      path.push(memberName(up) ?? "*")
    }
    return path
  }

  const known = new Map<Node, ReadonlyArray<Target>>()
  return {
    targetsOf: (expression) => {
      const found = known.get(expression) ?? targetsOf(expression)
      known.set(expression, found)
      return found
    },
    calledBy,
    functionsAround,
    inputsOf
  }
}
