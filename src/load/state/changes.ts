/** Uses and changes that a bundle's code makes of its own bindings and of the global object. */
import { type SyntaxNode, walk } from "../bundle/edit-source.ts"
import { Closures } from "./closures.ts"
import { type Functions, functionsIn } from "./functions.ts"
import { bare, type Item, memberName, patternNames, type Syntax } from "./syntax.ts"
import { type Settled, settledIn } from "./settled.ts"
import { type Target, type StaticValues, valuesOf } from "./values.ts"
import { type Use, used, visit, type When } from "./visits.ts"

export interface Change extends Use {
  /** true if it always leaves the same state behind, whatever code makes it and however often, like filling a memo table */
  readonly settled: boolean
}

/** Names of methods that change their object: methods of JavaScript's collections, and common ones of packages. */
const changesIts =
  /^(set|add|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|delete|clear|reset|register|configure|define|update|assign|merge|extend|defaults|insert|append|remove|enable|disable|dispatch|use|on|once|off|emit|write|next|enter|init|initialize|setup|seed|override|patch|put|store|increment|decrement|toggle|install|provide)(?![a-z])/
/** Methods of `Object` and `Reflect` that change their first argument. */
const changesFirst = /^(assign|defineProperty|defineProperties|setPrototypeOf|set|deleteProperty)$/

export function usesAndChanges(syntax: Syntax): {
  readonly uses: ReadonlyArray<Use>
  readonly changes: ReadonlyArray<Change>
} {
  const functions = functionsIn(
    syntax.items.map(({ node }) => node),
    syntax
  )
  const reading: Reading = { ...functions, ...valuesOf(syntax, functions), ...settledIn(syntax) }
  const uses: Array<Use> = []
  const visits: Array<{ readonly node: SyntaxNode; readonly item: Item; readonly when: When }> = []
  for (const item of syntax.items)
    visit(item.node, syntax, (node, when) => {
      visits.push({ node, item, when })
      for (const target of used(node, syntax, reading)) uses.push({ target, item, when, node })
    })
  // calling a method that changes `this`, or a function that changes its argument, is a change too: repeat until none
  // are added
  const closures = new Closures(syntax, functions)
  for (let known = -1; known < closures.size;) {
    known = closures.size
    for (const { node } of visits) changesAt(node, syntax, reading, closures)
  }
  const changes = visits.flatMap(({ node, item, when }) =>
    changesAt(node, syntax, reading, closures).map((made) => ({ ...made, item, when, node }))
  )
  return { uses, changes }
}

/** Everything known about the code. */
type Reading = Functions & StaticValues & Settled
type Made = Pick<Change, "target" | "settled">

/** The changes that a node makes to module-level state. */
function changesAt(
  node: SyntaxNode,
  syntax: Syntax,
  reading: Reading,
  closures: Closures
): ReadonlyArray<Made> {
  const made: Array<Made> = []
  const change = (target: Target, settled: boolean) => {
    if (closures.reachesOut(target, node, settled)) made.push({ target, settled })
  }
  const changeIn = (state: SyntaxNode, settled: boolean) => {
    for (const target of reading.targetsOf(state)) if (!isOfJavaScript(target)) change(target, settled)
  }
  const assign = (to: SyntaxNode, settledBy: (key: SyntaxNode | null) => boolean) => {
    const place = bare(to)
    if (place.type === "MemberExpression") {
      const settled = settledBy(place["computed"] === true ? (place["property"] as SyntaxNode) : null)
      for (const target of reading.memberTargets(place)) change(target, settled)
    } else if (place.type === "Identifier") {
      const variable = syntax.binding(place)
      if (variable === undefined) return
      if (variable === null) changeIn(place, settledBy(null))
      else if (variable.defs[0]?.type !== "ImportBinding" && syntax.reference(place)?.init !== true)
        change({ kind: "variable", variable }, settledBy(null))
    }
  }
  switch (node.type) {
    case "AssignmentExpression": {
      const right = node["right"] as SyntaxNode
      const plain = /^(\?\?|\|\|)?=$/.test(String(node["operator"]))
      for (const to of patternNames(node["left"] as SyntaxNode))
        assign(
          to,
          (key) => plain && reading.isSettled(right, key, stateOf(to)) && !mentions(right, to, syntax)
        )
      break
    }
    case "UpdateExpression":
      assign(node["argument"] as SyntaxNode, () => false)
      break
    case "UnaryExpression":
      if (node["operator"] === "delete") assign(node["argument"] as SyntaxNode, () => false)
      break
    case "ForInStatement":
    case "ForOfStatement": {
      const left = node["left"] as SyntaxNode
      if (left.type !== "VariableDeclaration") for (const to of patternNames(left)) assign(to, () => false)
      break
    }
    case "TaggedTemplateExpression":
    case "NewExpression":
    case "CallExpression":
      changesByCall(node, syntax, reading, closures, { change, changeIn })
      break
  }
  return made
}

/** Globals of JavaScript and Node, before any pipeline adds more. */
export const builtIn: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(globalThis))

/** Whether a target belongs to JavaScript or Node: `process.stdout.write(…)` sets nothing that a stage reads. */
const isOfJavaScript = (target: Target): boolean =>
  target.kind === "global" && target.path[0] !== undefined && builtIn.has(target.path[0])

/** The state that an assignment changes: a member's object, or a variable. */
const stateOf = (assigned: SyntaxNode): SyntaxNode => {
  const place = bare(assigned)
  return place.type === "MemberExpression" ? (place["object"] as SyntaxNode) : place
}
/** Whether an expression uses the assigned variable: `n = n + 1`, `list = [...list, x]`. */
function mentions(expression: SyntaxNode, assigned: SyntaxNode, syntax: Syntax): boolean {
  const variable = syntax.binding(bare(assigned))
  let found = false
  if (variable != null)
    walk(expression, (node) => {
      if (node.type === "Identifier" && syntax.binding(node) === variable) found = true
      return !found
    })
  return found
}

interface Changing {
  readonly change: (target: Target, settled: boolean) => void
  readonly changeIn: (state: SyntaxNode, settled: boolean) => void
}

function changesByCall(
  call: SyntaxNode,
  syntax: Syntax,
  reading: Reading,
  closures: Closures,
  { change, changeIn }: Changing
): void {
  const callee = bare((call["callee"] ?? call["tag"]) as SyntaxNode)
  const given = (call["arguments"] ?? []) as ReadonlyArray<SyntaxNode>
  const [first, second] = given
  const called = call.type === "TaggedTemplateExpression" ? [] : reading.calledBy(call)
  for (const made of called)
    for (const [i, parameter] of (made["params"] as ReadonlyArray<SyntaxNode>).entries()) {
      const names = patternNames(parameter).map((each) => syntax.parameter(each))
      if (given[i] !== undefined && names.some((each) => each !== undefined && closures.parameters.has(each)))
        changeIn(given[i], false)
    }
  if (callee.type === "MemberExpression") {
    const name = memberName(callee) ?? "*"
    const object = callee["object"] as SyntaxNode
    const owner = bare(object)
    const isStatic = owner.type === "Identifier" && /^(Object|Reflect)$/.test(String(owner["name"]))
    const method = owner.type === "MemberExpression" ? (memberName(owner) ?? "") : ""
    if (/^(call|apply|bind)$/.test(name) && changesIts.test(method) && first !== undefined) {
      changeIn(first, false)
    } else if (isStatic && changesFirst.test(name)) {
      if (first !== undefined) changeProperties(name, given, reading, change)
    } else if (name === "set" && reading.isSettled(second, first, object)) {
      changeIn(object, true)
    } else if (isOfTheBundle(object, syntax, reading) && called.length > 0) {
      if (called.some((each) => closures.methods.has(each)))
        for (const state of [object, ...reading.heldBy(object)]) changeIn(state, false)
    } else if (changesIts.test(name)) changeIn(object, false)
    return
  }
  if (callee.type !== "Identifier") return
  const variable = syntax.binding(callee)
  if (variable?.defs[0]?.type === "ImportBinding" && changesIts.test(variable.name) && first !== undefined)
    changeIn(first, false)
  // calling a function that a maker returned may change the state that the maker created
  if (variable != null && syntax.isTopLevel(variable) && called.length === 0)
    for (const { node } of syntax.itemsOf(variable)) {
      const init = node["init"] == null ? null : bare(node["init"] as SyntaxNode)
      const isModule = String((init?.["callee"] as SyntaxNode | undefined)?.["name"]).startsWith("__")
      if (
        init?.type === "CallExpression" &&
        !isModule &&
        reading.calledBy(init).some((each) => closures.makers.has(each))
      )
        change({ kind: "variable", variable }, false)
    }
}

/** Whether it is `this`, a class or something that the bundle's own code made, so that its methods are known. */
function isOfTheBundle(object: SyntaxNode, syntax: Syntax, reading: Reading): boolean {
  const node = bare(object)
  if (node.type === "ThisExpression" || node.type === "ObjectExpression") return true
  if (node.type.startsWith("Class")) return true
  if (node.type === "NewExpression") return isOfTheBundle(node["callee"] as SyntaxNode, syntax, reading)
  if (node.type === "CallExpression") return reading.calledBy(node).length > 0
  const variable = node.type === "Identifier" ? syntax.binding(node) : null
  if (variable == null) return false
  return variable.defs.some(({ type, node: of }) => {
    const init = (of as unknown as SyntaxNode)["init"] as SyntaxNode | null | undefined
    return (
      type === "ClassName" || (type === "Variable" && init != null && isOfTheBundle(init, syntax, reading))
    )
  })
}

/** `Object.assign(globalThis, { factor: 2 })` changes only that property. */
function changeProperties(
  method: string,
  [state, second]: ReadonlyArray<SyntaxNode>,
  { targetsOf }: Reading,
  change: Changing["change"]
): void {
  const names =
    second === undefined
      ? ["*"]
      : second.type === "Literal"
        ? [String(second["value"])]
        : second.type === "ObjectExpression" && method !== "setPrototypeOf"
          ? (second["properties"] as ReadonlyArray<SyntaxNode>).map((property) => {
              const key = property["key"] as SyntaxNode | undefined
              return property["computed"] === true ? "*" : String(key?.["name"] ?? key?.["value"] ?? "*")
            })
          : ["*"]
  for (const target of targetsOf(state!))
    if (target.kind !== "global") change(target, false)
    else for (const name of names) change({ kind: "global", path: [...target.path, name] }, false)
}
