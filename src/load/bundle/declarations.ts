/**
 * Prepares a module for its digest: removes code that cannot change a stage's results, or makes it tree-shakable.
 *
 * First, fields that change no result (`doc`, `rowKey`, `summary`, `losses`, `chunk`, `isolate`) are removed from stages,
 * along with helpers that only they use. Second, a declaration at module level is assumed to have no side effects:
 * `const other = makeTable(3)` counts only for stages that use `other`. Code with side effects is a statement
 * (`register(x)`, `table.push(1)`, `import "./setup.ts"`), and statements always count.
 */
import type { Plugin } from "rolldown"
import { notInKeys } from "../../pipeline/stage-fields.ts"
import { type Edit, edited, isLanguage, type SyntaxNode, parse, walk } from "./edit-source.ts"

/** @param isProbeline whether an import specifier means Probeline's public API */
export const prepareDeclarations = (isProbeline: (specifier: string) => boolean): Plugin => ({
  name: "probeline:declarations",
  transform(code, id, { moduleType }) {
    if (id.startsWith("\0") || !isLanguage(moduleType)) return null
    const program = parse(code, moduleType)
    const imports = probelineImports(program, isProbeline)
    const edits: Array<Edit> = []
    for (const value of declaredValues(program)) {
      if (!onlyMakesAValue(value)) continue
      edits.push({ start: value.start, end: value.start, text: "/* @__PURE__ */ (() => (" })
      edits.push({ start: value.end, end: value.end, text: "))()" })
    }
    if (imports.size > 0)
      walk(program, (node) => {
        if (node.type === "CallExpression") edits.push(...withoutWords(node, imports))
        return true
      })
    return edits.length === 0 ? null : { code: edited(code, edits), map: null }
  }
})

/** The initial values of a module's variables, and the value of its default export. */
function declaredValues(program: SyntaxNode): ReadonlyArray<SyntaxNode> {
  return (program["body"] as ReadonlyArray<SyntaxNode>).flatMap((statement) => {
    if (statement.type === "ExportDefaultDeclaration") {
      const value = statement["declaration"] as SyntaxNode
      return value.type.endsWith("Declaration") ? [] : [value]
    }
    const declaration = (statement["declaration"] as SyntaxNode | null | undefined) ?? statement
    if (declaration.type !== "VariableDeclaration" || declaration["declare"] === true) return []
    const declarators = declaration["declarations"] as ReadonlyArray<{ readonly init: SyntaxNode | null }>
    return declarators.flatMap(({ init }) => init ?? [])
  })
}

const mutates =
  /^(push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear|assign|defineProperty|defineProperties|setPrototypeOf)$/

/** False for plain values, which need no annotation, and for values that visibly mutate something with a name. */
function onlyMakesAValue(value: SyntaxNode): boolean {
  let calls = false
  walk(value, (node) => {
    if (/^(Arrow)?Function/.test(node.type)) return false
    if (/^(Call|New|TaggedTemplate|Member)Expression$/.test(node.type)) calls = true
    return !calls
  })
  return calls && !actsOnOthers(value)
}

/** Whether an initial value visibly mutates something with a name: then the declaration counts like a statement. */
export function actsOnOthers(value: SyntaxNode): boolean {
  let acts = false
  walk(value, (node) => {
    // a function is a value; it acts only when called
    if (/^(Arrow)?Function/.test(node.type)) return false
    if (/^(Await|Yield|Assignment|Update)Expression$/.test(node.type)) acts = true
    if (node.type === "UnaryExpression" && node["operator"] === "delete") acts = true
    if (node.type === "CallExpression" && mutatesNamed(node)) acts = true
    return !acts
  })
  return acts
}

/** `table.push(…)` and `Object.assign(table, …)`, but not `[2, 1].sort()` or `Object.assign({}, …)`. */
function mutatesNamed(call: SyntaxNode): boolean {
  const callee = call["callee"] as SyntaxNode
  if (callee.type !== "MemberExpression" || callee["computed"] === true) return false
  if (!mutates.test((callee["property"] as SyntaxNode)["name"] as string)) return false
  const object = callee["object"] as SyntaxNode
  const [first] = call["arguments"] as ReadonlyArray<SyntaxNode>
  const isStatic = object.type === "Identifier" && /^(Object|Reflect)$/.test(object["name"] as string)
  return isNamed(isStatic && first !== undefined ? first : object)
}
const isNamed = (node: SyntaxNode): boolean =>
  node.type === "Identifier" ||
  node.type === "ThisExpression" ||
  (node.type === "MemberExpression" && isNamed(node["object"] as SyntaxNode))

/** Local names of Probeline's exports, mapped to the exported names; `*` means all of them. */
function probelineImports(
  program: SyntaxNode,
  isProbeline: (specifier: string) => boolean
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const statement of program["body"] as ReadonlyArray<SyntaxNode>) {
    if (statement.type !== "ImportDeclaration") continue
    if (!isProbeline((statement["source"] as SyntaxNode)["value"] as string)) continue
    for (const specifier of statement["specifiers"] as ReadonlyArray<SyntaxNode>) {
      const imported = (specifier["imported"] as SyntaxNode | undefined)?.["name"] as string | undefined
      names.set((specifier["local"] as SyntaxNode)["name"] as string, imported ?? "*")
    }
  }
  return names
}

/** Removes fields that are not part of any key from a stage's spec, and the documentation from a parameter's options. */
function withoutWords(call: SyntaxNode, imports: ReadonlyMap<string, string>): ReadonlyArray<Edit> {
  const [head = "", second = ""] = namesOf(call["callee"] as SyntaxNode)
  const imported = imports.get(head)
  const declares = imported === "*" ? second : imported
  const objects = (call["arguments"] as ReadonlyArray<SyntaxNode>).filter(
    ({ type }) => type === "ObjectExpression"
  )
  if (declares === "defineStage") return objects.flatMap((o) => without(o, ({ name }) => notInKeys.has(name)))
  // a parameter may itself be named `doc`: only texts are documentation
  if (declares === "param")
    return objects.flatMap((o) => without(o, ({ name, isText }) => name === "doc" && isText))
  return []
}

/** `["a", "b", "c"]` of `a.b.c`; empty for anything else. */
function namesOf(node: SyntaxNode): ReadonlyArray<string> {
  if (node.type === "Identifier") return [node["name"] as string]
  if (node.type !== "MemberExpression" || node["computed"] === true) return []
  const object = namesOf(node["object"] as SyntaxNode)
  return object.length === 0 ? [] : [...object, (node["property"] as SyntaxNode)["name"] as string]
}

interface Property {
  readonly name: string
  readonly isText: boolean
}
/** Deletes properties of an object literal, including their commas. */
function without(object: SyntaxNode, drop: (property: Property) => boolean): ReadonlyArray<Edit> {
  const properties = object["properties"] as ReadonlyArray<SyntaxNode>
  const dropped = properties.map((property) => property.type === "Property" && drop(described(property)))
  if (properties.length > 0 && dropped.every(Boolean))
    return [{ start: object.start, end: object.end, text: "{}" }]
  const lastKept = dropped.lastIndexOf(false)
  const edits: Array<Edit> = properties.flatMap((property, i) =>
    dropped[i] === true && i < lastKept
      ? [{ start: property.start, end: properties[i + 1]!.start, text: "" }]
      : []
  )
  if (lastKept < properties.length - 1)
    edits.push({ start: properties[lastKept]!.end, end: properties.at(-1)!.end, text: "" })
  return edits
}

function described(property: SyntaxNode): Property {
  const key = property["key"] as SyntaxNode
  const name = property["computed"] === true ? "" : String(key["name"] ?? key["value"])
  return { name, isText: isText(property["value"] as SyntaxNode) }
}
const isText = (node: SyntaxNode): boolean =>
  (node.type === "Literal" && typeof node["value"] === "string") ||
  node.type === "TemplateLiteral" ||
  (node.type === "BinaryExpression" &&
    isText(node["left"] as SyntaxNode) &&
    isText(node["right"] as SyntaxNode))
