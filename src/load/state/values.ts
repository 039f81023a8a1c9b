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
  /** the state in which an assignment to a member changes something */
  memberTargets(member: Node): ReadonlyArray<Target>
  /** the functions of the bundle that a call may run; empty for those of packages and of JavaScript itself */
  calledBy(call: Node): ReadonlyArray<Node>
  /** the functions around a node, from the inside out */
  functionsAround(node: Node): ReadonlyArray<Node>
  /** what a list, an object or a copy holds: `cfg` of `[cfg]` and `{ ...cfg }` */
  heldBy(expression: Node): ReadonlyArray<Node>
  /** the function that made what an expression's state lies in; null at module level */
  makerOf(state: Node): Node | null
  /** where an expression's value comes from the state itself */
  usesOf(expression: Node, state: Node): ReadonlyArray<Node>
  /** which parameters of the enclosing functions an expression's value depends on */
  inputsOf(expression: Node): ReadonlyArray<Input>
}
/** A parameter or `this`, or what lies in it. */
export interface Input {
  readonly of: Variable | "this"
  /** the function that the parameter is of; null for `this` */
  readonly made: Node | null
  readonly path: ReadonlyArray<string>
}

const globalNames = new Set(["globalThis", "global"])
/** Methods of collections that hand out what the collection holds. */
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
/** Methods that copy a collection: what it holds is in the copy too. */
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
    variable.references.flatMap(({ writeExpr, identifier }) => {
      // the rest of a pattern is a copy
      const isRest = syntax.parent(identifier as unknown as Node)?.type === "RestElement"
      return writeExpr == null || isRest ? [] : [writeExpr as unknown as Node]
    })
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
      case "MemberExpression":
        return [...named(node, all(node["object"])), ...all(...heldBy(node["object"] as Node))]
      case "CallExpression": {
        const callee = bare(node["callee"] as Node)
        if (isCommonJs(callee)) return [{ kind: "variable", variable: syntax.binding(callee)! }]
        if (callee["name"] === "__toESM") return all((node["arguments"] as ReadonlyArray<Node>)[0])
        const name = callee.type === "MemberExpression" ? (memberName(callee) ?? "") : ""
        const handed = handsOut.has(name) ? held(node) : []
        return [...all(...handed), ...all(...calledBy(node).flatMap(returnedBy))]
      }
      case "NewExpression":
        // a proxy, or a view of a typed array's memory
        if (bare(node["callee"] as Node)["name"] !== "Proxy")
          return all(
            ...(node["arguments"] as ReadonlyArray<Node>).filter(
              (each) => each.type === "MemberExpression" && memberName(each) === "buffer"
            )
          )
        return all((node["arguments"] as ReadonlyArray<Node>)[0])
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

  /** Properties of the global object have paths. */
  function named(member: Node, targets: ReadonlyArray<Target>): ReadonlyArray<Target> {
    const name = memberName(member) ?? "*"
    return targets.map((target) =>
      target.kind === "global" ? { kind: "global", path: [...target.path, name] } : target
    )
  }

  /** What a list, an object or a copy holds: `cfg` of `[cfg]` and `{ ...cfg }`. */
  function heldBy(expression: Node, seen = new Set<unknown>()): ReadonlyArray<Node> {
    const node = bare(expression)
    if (seen.has(node)) return []
    seen.add(node)
    const parts = (node["elements"] ?? node["properties"]) as ReadonlyArray<Node | null> | undefined
    if (node.type === "ArrayExpression" || node.type === "ObjectExpression")
      return parts!.flatMap((each) => {
        const value =
          each?.type === "Property" ? (each["value"] as Node) : ((each?.["argument"] ?? each) as Node)
        return value == null || isFunction(value) ? [] : [value]
      })
    if (node.type === "CallExpression") {
      const callee = bare(node["callee"] as Node)
      const isCopy = callee.type === "MemberExpression" && copies.has(memberName(callee) ?? "")
      return isCopy
        ? [...held(node), ...(node["arguments"] as ReadonlyArray<Node>)].filter((each) => !isFunction(each))
        : []
    }
    const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
    return variable == null ? [] : given(variable).flatMap((each) => heldBy(each, seen))
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
    const others = [...(isParameter(variable) ? iterated(variable) : []), ...given(variable)]
    const parts = isPart(variable) ? others.flatMap((each) => heldBy(each)) : []
    return [{ kind: "variable", variable }, ...[...others, ...parts].flatMap((each) => targetsOf(each, seen))]
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

  /** Does a variable get a part of what it is given: by a pattern or by a loop? */
  function isPart({ identifiers }: Variable): boolean {
    const name = identifiers[0] as unknown as Node | undefined
    const declarator = name === undefined ? undefined : syntax.parent(name)
    if (declarator?.type !== "VariableDeclarator") return true
    const loop = syntax.parent(syntax.parent(declarator)!)
    return loop?.type === "ForOfStatement" || loop?.type === "ForInStatement"
  }

  /** What a callback's parameter may be: `table` of `table.forEach((row) => …)`, what a function calls it with. */
  function iterated(variable: Variable): ReadonlyArray<Node> {
    const made = variable.defs[0]!.node as unknown as Node
    const call = syntax.parent(made)
    const place = ((call?.["arguments"] ?? []) as ReadonlyArray<Node>).indexOf(made)
    if (call?.type !== "CallExpression" || place < 0) return []
    const callee = bare(call["callee"] as Node)
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
    // the accumulator comes first
    const isReduced = callee.type === "MemberExpression" && /^reduce(Right)?$/.test(memberName(callee) ?? "")
    const [, start] = call["arguments"] as ReadonlyArray<Node>
    const isStart = isReduced && position === 0
    const through = isStart ? (start === undefined ? [] : [start]) : held(call)
    return [...through, ...through.flatMap((each) => (isStart ? [] : heldBy(each))), ...passed]
  }

  const inputsOf = (expression: Node): ReadonlyArray<Input> => {
    const found: Array<Input> = []
    const seen = new Set<unknown>()
    const look = (within: Node) => {
      if (seen.has(within)) return
      seen.add(within)
      walk(within, (node) => {
        if (node.type === "ThisExpression")
          found.push({ of: "this", made: null, path: pathAround(node, expression) })
        const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
        if (variable == null) return true
        const by = variable.defs[0]
        const made = by?.node as unknown as Node | undefined
        if (by?.type === "Parameter" || by?.type === "CatchClause") {
          const isInside = made!.start >= expression.start && made!.end <= expression.end
          if (!isInside) found.push({ of: variable, made: made!, path: pathAround(node, expression) })
        } else if (!syntax.isTopLevel(variable)) given(variable).forEach(look)
        return true
      })
    }
    look(expression)
    return found
  }
  const rootOf = (state: Node): Variable | null => {
    let at = bare(state)
    while (at.type === "MemberExpression") at = bare(at["object"] as Node)
    return at.type === "Identifier" ? (syntax.binding(at) ?? null) : null
  }
  const makerOf = (state: Node): Node | null => {
    const owner = rootOf(state)?.scope.variableScope.block as unknown as Node | undefined
    return owner !== undefined && isFunction(owner) ? owner : null
  }
  const usesOf = (expression: Node, state: Node): ReadonlyArray<Node> => {
    const root = rootOf(state)
    const found: Array<Node> = []
    const seen = new Set<unknown>()
    const look = (within: Node) => {
      if (seen.has(within)) return
      seen.add(within)
      walk(within, (node) => {
        const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
        if (variable == null) return true
        if (variable === root) found.push(node)
        else if (!syntax.isTopLevel(variable) && !isParameter(variable)) given(variable).forEach(look)
        return true
      })
    }
    if (root !== null) look(expression)
    return found
  }
  /** `["a", "b"]` of `x` in `x.a.b`; a name that is computed ends the path with `*`. */
  const pathAround = (node: Node, within: Node): ReadonlyArray<string> => {
    const path: Array<string> = []
    for (let at = node, up = syntax.parent(at); up !== undefined; at = up, up = syntax.parent(at)) {
      if (at === within) break
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
    memberTargets: (member) => named(member, targetsOf(member["object"] as Node)),
    heldBy: (expression) => heldBy(expression),
    makerOf,
    usesOf,
    calledBy,
    functionsAround,
    inputsOf
  }
}
