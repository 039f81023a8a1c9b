/**
 * A bundle's syntax with its scopes, cut into items: the statements and declarators at module level.
 *
 * A bundle has all local modules in one scope, and the bundler has resolved their imports from each other. So an
 * identifier at module level means one binding, whatever its module. This module imports rolldown: load it lazily.
 */
import { analyze, type Reference, type Scope, type Variable } from "eslint-scope"
import type { Bundle } from "../bundle/bundle.ts"
import { actsOnOthers } from "../bundle/declarations.ts"
import { type SyntaxNode, parse, walk } from "../bundle/edit-source.ts"
import { type SourceModule, sourcesOf } from "./sources.ts"

export interface Item {
  /** a statement, or one of its declarators */
  readonly node: SyntaxNode
  /** its module, absolute; null for generated code */
  readonly module: string | null
  /** the variables that it declares */
  readonly variables: ReadonlyArray<Variable>
  /** true if it runs for its side effects: it counts for every stage whose modules import this one, directly or not */
  readonly acts: boolean
}

export interface Syntax {
  readonly items: ReadonlyArray<Item>
  /** the binding of an export, by the bundle's name of the module; undefined for a package */
  exported(module: string, name: string): Variable | undefined
  /** the items that give a module-level binding its value */
  itemsOf(variable: Variable): ReadonlyArray<Item>
  isTopLevel(variable: Variable): boolean
  reference(identifier: SyntaxNode): Reference | undefined
  /** the binding of an identifier; null for a global, undefined if it is not a reference */
  binding(identifier: SyntaxNode): Variable | null | undefined
  /** the binding declared by a parameter's name */
  parameter(identifier: SyntaxNode): Variable | undefined
  parent(node: SyntaxNode): SyntaxNode | undefined
  /** expressions assigned to a variable; with a pattern or a loop it gets a part of them */
  given(variable: Variable): ReadonlyArray<SyntaxNode>
  /** whether a call declares a stage */
  declaresStage(call: SyntaxNode): boolean
  /** the source of a node; null for generated code */
  source(node: SyntaxNode): SourceModule | null
}

export const isFunction = ({ type }: SyntaxNode): boolean =>
  type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression"

export const isParameter = ({ defs }: Variable): boolean => defs[0]?.type === "Parameter"

/**
 * Strips wrappers that do not change an expression's value: parentheses, `await`, optional chaining, all but the last of
 * a sequence.
 */
export function bare(node: SyntaxNode): SyntaxNode {
  let at = node
  while (/^(Parenthesized|Chain|Await|Sequence)Expression$/.test(at.type))
    at = (at["expression"] ??
      at["argument"] ??
      (at["expressions"] as ReadonlyArray<SyntaxNode>).at(-1)) as SyntaxNode
  return at
}
/** The name of a member that is not computed: `x.name`, `x["name"]`, `x.#name`; null for a computed one. */
export function memberName(member: SyntaxNode): string | null {
  const property = member["property"] as SyntaxNode
  if (member["computed"] !== true) return String(property["name"])
  return property.type === "Literal" ? String(property["value"]) : null
}

export function syntaxOf({ code, map }: Bundle): Syntax {
  const program = parse(code, "js")
  const parents = new Map<SyntaxNode, SyntaxNode>()
  walk(program, (node) => {
    // the scope analysis needs ESTree's older field `range`
    Object.assign(node, { range: [node.start, node.end] })
    for (const child of Object.values(node))
      for (const each of Array.isArray(child) ? child : [child])
        if (typeof each?.type === "string") parents.set(each as SyntaxNode, node)
    return true
  })
  const scopes = analyze(program as never, { ecmaVersion: 2024, sourceType: "module", fallback: "iteration" })
  const top = scopes.globalScope!.childScopes[0]!
  const references = new Map<unknown, Reference>()
  const parameters = new Map<unknown, Variable>()
  const collect = (scope: Scope) => {
    for (const reference of scope.references) references.set(reference.identifier, reference)
    for (const variable of scope.variables)
      if (variable.defs[0]?.type === "Parameter") parameters.set(variable.identifiers[0], variable)
    scope.childScopes.forEach(collect)
  }
  collect(scopes.globalScope!)
  const source = sourcesOf(code, map)
  const variableOf = new Map<unknown, Variable>()
  for (const variable of top.variables)
    for (const identifier of variable.identifiers) variableOf.set(identifier, variable)
  // a class declares its name a second time, in its own body, and so does a function expression
  const binding = (identifier: SyntaxNode) => {
    const resolved = references.get(identifier)?.resolved
    const [by] = resolved?.defs ?? []
    if (resolved == null || (by?.type !== "ClassName" && by?.type !== "FunctionName")) return resolved
    const around = parents.get(by.node as unknown as SyntaxNode)
    const name = around?.type === "VariableDeclarator" ? around["id"] : resolved.identifiers[0]
    return variableOf.get(name) ?? resolved
  }
  const named = (node: SyntaxNode) => declaredNames(node).flatMap((name) => variableOf.get(name) ?? [])
  const statements = (program["body"] as ReadonlyArray<SyntaxNode>).filter(
    ({ type }) => !/^(Import|Export)/.test(type)
  )
  const items = statements.flatMap((statement): ReadonlyArray<Item> => {
    if (statement.type !== "VariableDeclaration") {
      const variables = named(statement)
      const module = source(statement)?.file ?? null
      return [{ node: statement, module, variables, acts: variables.length === 0 }]
    }
    return (statement["declarations"] as ReadonlyArray<SyntaxNode>).map((node) => {
      const init = node["init"] as SyntaxNode | null
      const acts = init !== null && actsOnOthers(init)
      return { node, module: source(node)?.file ?? null, variables: named(node), acts }
    })
  })
  const itemsOf = new Map<Variable, Array<Item>>()
  for (const item of items)
    for (const variable of [...item.variables, ...assignedLater(item, references)])
      itemsOf.set(variable, [...(itemsOf.get(variable) ?? []), item])
  const stageMakers = stageMakersOf(program, variableOf)
  const namespaces = namespacesOf(items, (name) => top.set.get(name) as Variable | undefined)
  return {
    items: items.filter(({ variables }) => !variables.some(({ name }) => ofTheBundle.has(name))),
    exported: (module, name) => namespaces.get(module)?.get(name),
    itemsOf: (variable) => itemsOf.get(variable) ?? [],
    isTopLevel: ({ scope, defs }) => scope === top && defs[0]?.type !== "ImportBinding",
    reference: (identifier) => references.get(identifier),
    binding,
    parameter: (identifier) => parameters.get(identifier),
    parent: (node) => parents.get(node),
    given: ({ references: all }) =>
      all.flatMap(({ writeExpr, identifier }) => {
        // the rest of a pattern is a copy
        const isRest = parents.get(identifier as unknown as SyntaxNode)?.type === "RestElement"
        return writeExpr == null || isRest ? [] : [writeExpr as unknown as SyntaxNode]
      }),
    declaresStage: (call) => {
      let callee = bare(call["callee"] as SyntaxNode)
      while (callee.type === "MemberExpression") {
        if (memberName(callee) === "defineStage") return true
        callee = bare(callee["object"] as SyntaxNode)
      }
      return stageMakers.has(binding(callee) ?? null)
    },
    source
  }
}

/** Names that the bundle's entry declares for its own exports. */
const ofTheBundle = new Set(["modules", "packages", "shipped"])

/** The identifiers that a declaration or declarator initializes. */
function declaredNames(node: SyntaxNode): ReadonlyArray<SyntaxNode> {
  const id = node["id"] as SyntaxNode | null | undefined
  return id == null ? [] : patternNames(id)
}
/** The identifiers and members that a pattern assigns. */
export function patternNames(pattern: SyntaxNode): ReadonlyArray<SyntaxNode> {
  switch (pattern.type) {
    case "ObjectPattern":
      return (pattern["properties"] as ReadonlyArray<SyntaxNode>).flatMap((property) =>
        patternNames((property["value"] ?? property["argument"]) as SyntaxNode)
      )
    case "ArrayPattern":
      return (pattern["elements"] as ReadonlyArray<SyntaxNode | null>).flatMap((each) =>
        each === null ? [] : patternNames(each)
      )
    case "AssignmentPattern":
      return patternNames(pattern["left"] as SyntaxNode)
    case "RestElement":
      return patternNames(pattern["argument"] as SyntaxNode)
    default:
      return [pattern]
  }
}

/** Whether it wraps a dynamically imported module, which the bundler runs on first import. */
const isWrapper = ({ node }: Item): boolean => {
  const init = node["init"] as SyntaxNode | null | undefined
  return (
    init?.type === "CallExpression" &&
    /^__(esm|commonJS)/.test(String((init["callee"] as SyntaxNode)["name"]))
  )
}
/** The bindings of such a module: declared separately, assigned in its wrapper. */
function assignedLater(item: Item, references: ReadonlyMap<unknown, Reference>): ReadonlyArray<Variable> {
  if (!isWrapper(item)) return []
  const assigned: Array<Variable> = []
  walk(item.node, (node) => {
    const reference = node.type === "Identifier" ? references.get(node) : undefined
    if (reference?.isWrite() === true && reference.resolved !== null) assigned.push(reference.resolved)
    return true
  })
  return assigned
}

/** Bindings imported as `defineStage`. */
function stageMakersOf(
  program: SyntaxNode,
  variableOf: ReadonlyMap<unknown, Variable>
): ReadonlySet<Variable | null> {
  const found = new Set<Variable | null>()
  for (const statement of program["body"] as ReadonlyArray<SyntaxNode>)
    for (const specifier of (statement["specifiers"] ?? []) as ReadonlyArray<SyntaxNode>)
      if ((specifier["imported"] as SyntaxNode | undefined)?.["name"] === "defineStage")
        found.add(variableOf.get(specifier["local"]) ?? null)
  found.delete(null)
  return found
}

/** The bindings of each module's exports: the bundler writes `x_exports = __exportAll({ name: () => binding })`. */
function namespacesOf(
  items: ReadonlyArray<Item>,
  binding: (name: string) => Variable | undefined
): ReadonlyMap<string, ReadonlyMap<string, Variable>> {
  const properties = (object: SyntaxNode | undefined) =>
    ((object?.["properties"] ?? []) as ReadonlyArray<SyntaxNode>).filter(({ type }) => type === "Property")
  const keyOf = (property: SyntaxNode) => {
    const key = property["key"] as SyntaxNode
    return String(key["name"] ?? key["value"])
  }
  const init = (name: string) =>
    items.find(({ variables }) => variables.some((variable) => variable.name === name))?.node["init"] as
      | SyntaxNode
      | undefined
  const found = new Map<string, ReadonlyMap<string, Variable>>()
  for (const module of properties(init("modules"))) {
    const made = init(String((module["value"] as SyntaxNode)["name"]))
    const names = new Map<string, Variable>()
    for (const property of properties((made?.["arguments"] as ReadonlyArray<SyntaxNode> | undefined)?.[0])) {
      const body = (property["value"] as SyntaxNode)["body"] as SyntaxNode | undefined
      const variable = body === undefined ? undefined : binding(String(bare(body)["name"]))
      if (variable !== undefined) names.set(keyOf(property), variable)
    }
    found.set(keyOf(module), names)
  }
  return found
}
