/**
 * Foreign state: state that a stage reads and other code sets.
 *
 * A stage's key covers only its own code. If the pipeline file, its graph or another stage sets a variable that the
 * stage reads, the key does not change: the stage stays fresh with old values. A worker process loads the modules but
 * builds no graph, so it would compute different values. Such a pipeline is therefore refused.
 *
 * The rule: a stage's *own* code is the code in its digest, namely everything that its export refers to, directly or
 * not, and the statements of the modules that its own module imports. A change to a binding that the stage reads is
 * foreign if other code makes it, or if the stage's own code makes it in a function that other code calls, at load or in
 * the graph: the result may depend on that call. Filling a memo table is not foreign, because each value depends only on
 * its key.
 */
import * as path from "node:path"
import type { Variable } from "eslint-scope"
import type { Bundle } from "../bundle/bundle.ts"
import { type SyntaxNode, walk } from "../bundle/edit-source.ts"
import type { SourceLocation } from "../bundle/load-error.ts"
import { builtIn, type Change, usesAndChanges } from "./changes.ts"
import type { Use } from "./visits.ts"
import { bare, isFunction, type Item, memberName, type Syntax, syntaxOf } from "./syntax.ts"

export interface ForeignState {
  /** the variable's name in its source, or `globalThis.name` */
  readonly name: string
  /** where it is declared; null for a property of the global object or a declaration of the bundler */
  readonly declared: SourceLocation | null
  /** where it is changed */
  readonly changed: SourceLocation
  /** where other code calls the function that changes it; null if other code changes it directly */
  readonly called: SourceLocation | null
}

export interface StateFinder {
  /** The foreign state of a module's exported stage, one entry per binding. */
  foreignTo(module: string, name: string): ReadonlyArray<ForeignState>
  /**
   * Variables around a stage that is declared in a function and not exported, most likely parameters of the graph. By
   * stage name; `*` for a computed name.
   */
  readonly enclosed: ReadonlyMap<string, ReadonlyArray<ForeignState>>
}

/**
 * @param folder the pipeline's folder, the base of the bundle's module names
 * @param importsOf static imports of a local module, by absolute path
 */
export function findState(
  bundle: Bundle,
  folder: string,
  importsOf: (module: string) => ReadonlyArray<string>
): StateFinder {
  const syntax = syntaxOf(bundle)
  const { uses, changes } = usesAndChanges(syntax)
  const usesOf = byItem(uses)
  const live = reach(
    syntax,
    uses.filter(({ when }) => when !== "call"),
    usesOf,
    () => true
  )
  const alive = changes.filter(({ when, item }) => when === "load" || live.has(item))
  return {
    foreignTo: (module, name) => {
      const variable = syntax.exported(module, name)
      if (variable === undefined) return []
      const read = reachFrom(syntax, syntax.itemsOf(variable), usesOf)
      const modules = closure(path.resolve(folder, module), importsOf)
      const acting = syntax.items.filter(
        (item) => item.acts && item.module !== null && modules.has(item.module)
      )
      const own = new Set([...read, ...reachFrom(syntax, acting, usesOf)])
      const outside = uses.filter(({ item, when }) => when === "load" && !own.has(item))
      const called = reach(syntax, outside, usesOf, ({ when }) => when !== "stage")
      const globals = uses.filter(({ item, target }) => target.kind === "global" && read.has(item))
      const found = new Map<unknown, ForeignState>()
      for (const change of alive) {
        const { target, item, when, settled } = change
        if (target.kind === "this") continue
        const isRead =
          target.kind === "variable"
            ? syntax.itemsOf(target.variable).some((each) => read.has(each))
            : globals.some((use) => meets(target.path, use))
        const through = called.get(item)
        const isForeign = !own.has(item) || (when === "call" && !settled && through !== undefined)
        const key = target.kind === "variable" ? target.variable : target.path.join(".")
        if (isRead && isForeign && !found.has(key))
          found.set(key, described(change, through ?? live.get(item), syntax))
      }
      return [...found.values()]
    },
    enclosed: enclosedIn(syntax)
  }
}

function byItem(uses: ReadonlyArray<Use>): ReadonlyMap<Item, ReadonlyArray<Use>> {
  const found = new Map<Item, Array<Use>>()
  for (const use of uses) {
    const those = found.get(use.item)
    if (those === undefined) found.set(use.item, [use])
    else those.push(use)
  }
  return found
}

/** The items reachable from uses, each with the first use that leads there. */
function reach(
  syntax: Syntax,
  from: ReadonlyArray<Use>,
  usesOf: ReadonlyMap<Item, ReadonlyArray<Use>>,
  follows: (use: Use) => boolean
): ReadonlyMap<Item, Use> {
  const found = new Map<Item, Use>()
  const open = from.map((use) => [use, use] as const)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [{ target }, first] = next
    if (target.kind !== "variable") continue
    for (const item of syntax.itemsOf(target.variable)) {
      if (found.has(item)) continue
      found.set(item, first)
      for (const use of usesOf.get(item) ?? []) if (follows(use)) open.push([use, first])
    }
  }
  return found
}
/** Items and everything that they refer to. */
function reachFrom(
  syntax: Syntax,
  items: ReadonlyArray<Item>,
  usesOf: ReadonlyMap<Item, ReadonlyArray<Use>>
): ReadonlySet<Item> {
  const uses = items.flatMap((item) => usesOf.get(item) ?? [])
  return new Set([...items, ...reach(syntax, uses, usesOf, () => true).keys()])
}

function closure(module: string, importsOf: (module: string) => ReadonlyArray<string>): ReadonlySet<string> {
  const found = new Set([module])
  for (const each of found) for (const next of importsOf(each)) found.add(next)
  return found
}

/** Whether a change to a global affects a use of it. For built-in globals, the property must be the same. */
function meets(changed: ReadonlyArray<string>, { target }: Use): boolean {
  if (target.kind !== "global") return false
  const [root, second] = changed
  if (root === "console" || (root === "process" && second === "env")) return false
  if (changed.includes("prototype")) return false
  const isAlike = changed.every((name, i) => {
    const used = target.path[i]
    return used === undefined || used === name || used === "*" || name === "*"
  })
  return isAlike && (target.path.length >= changed.length || root === undefined || !builtIn.has(root))
}

function described({ target, node, when }: Change, by: Use | undefined, syntax: Syntax): ForeignState {
  const changed = placeOf(node, syntax)
  const called = when === "call" && by !== undefined ? placeOf(by.node, syntax) : null
  if (target.kind !== "variable")
    return {
      name: `globalThis.${target.kind === "global" ? target.path.join(".") : ""}`,
      declared: null,
      changed,
      called
    }
  const { name, place } = declarationOf(target.variable, syntax)
  return { name, declared: place, changed, called }
}
function placeOf(node: SyntaxNode, syntax: Syntax): SourceLocation {
  const { file, line, column } = syntax.source(node) ?? { file: "", line: null, column: null }
  return { file, line, column }
}
/** If the bundler redeclares a binding, the place is that of the code that assigns it. */
function declarationOf(
  variable: Variable,
  syntax: Syntax
): { readonly name: string; readonly place: SourceLocation | null } {
  const nodes = [
    ...variable.identifiers,
    ...variable.references.filter((each) => each.isWrite()).map(({ identifier }) => identifier),
    ...syntax.itemsOf(variable).map(({ node }) => node)
  ] as unknown as ReadonlyArray<SyntaxNode>
  const at = nodes.find((node) => syntax.source(node) !== null)
  const place = at === undefined ? null : placeOf(at, syntax)
  const name = (at === undefined ? null : syntax.source(at)?.name) ?? variable.name
  if (name.endsWith("_default")) return { name: "default", place }
  // the bundler's name for a CommonJS module
  return { name: /^(require|import)_/.test(name) ? "exports" : name, place }
}

function enclosedIn(syntax: Syntax): StateFinder["enclosed"] {
  const found = new Map<string, Array<ForeignState>>()
  for (const { node: item } of syntax.items)
    walk(item, (call) => {
      if (call.type !== "CallExpression" || !syntax.declaresStage(call)) return true
      const callee = bare(call["callee"] as SyntaxNode)
      const [first] = call["arguments"] as ReadonlyArray<SyntaxNode>
      if (callee.type !== "MemberExpression" || memberName(callee) === null || first === undefined)
        return true
      const name = first.type === "Literal" ? String(first["value"]) : "*"
      walk(call, (node) => {
        const variable = node.type === "Identifier" ? syntax.binding(node) : undefined
        if (variable == null || syntax.isTopLevel(variable)) return true
        const [by] = variable.defs
        const owner = variable.scope.variableScope.block as unknown as SyntaxNode
        const isAround = isFunction(owner) && owner.start <= call.start && owner.end >= call.end
        if (by === undefined || by.type === "ImportBinding" || !isAround) return true
        const { name: of, place } = declarationOf(variable, syntax)
        const those = found.get(name) ?? []
        if (!those.some((each) => each.name === of))
          those.push({ name: of, declared: place, changed: placeOf(node, syntax), called: null })
        found.set(name, those)
        return true
      })
      return true
    })
  return found
}
