import { expect, it } from "vitest"
import { checkParams, fromText } from "../../../src/pipeline/check-params.ts"
import { file, param } from "../../../src/pipeline/params.ts"

const declared = {
  count: param.int({ default: 4, min: 1, max: 10, doc: "how many" }),
  share: param.number({ default: 0.5 }),
  name: param.text(),
  mode: param.choice(["aligned", "as-published"], { default: "aligned" }),
  model: param.file({ default: file("m.onnx") }),
  captions: param.maybe(param.file()),
  probes: param.list(param.choice(["logistic", "perceptron"]), { default: ["logistic"] }),
  source: param.oneOf({ synthetic: { count: param.int() }, coco: { images: param.folder() } })
}
const resolve = (path: string) => `/base/${path}`
const source = { kind: "synthetic", count: 3 }
const issuesOf = (given: Record<string, unknown>) =>
  checkParams(declared, { name: "x", source, ...given }, resolve).issues.map(({ message }) => message)

it("fills in defaults and makes paths absolute", () => {
  const { values, issues } = checkParams(declared, { name: "x", source }, resolve)
  expect(issues).toEqual([])
  expect(values).toEqual({
    count: 4,
    share: 0.5,
    name: "x",
    mode: "aligned",
    model: { path: "/base/m.onnx" },
    captions: null,
    probes: ["logistic"],
    source: { kind: "synthetic", count: 3 }
  })
})

it("names every wrong value at once", () => {
  expect(issuesOf({ count: 11, share: "a", mode: "alinged", probes: ["svm"] })).toEqual([
    "count: 11 is outside 1 to 10",
    'share: expected a number, got "a"',
    'mode: expected one of aligned, as-published, got "alinged"',
    'probes[0]: expected one of logistic, perceptron, got "svm"'
  ])
  expect(issuesOf({ count: 1.5 })).toEqual(["count: expected a whole number, got 1.5"])
})

it("suggests the parameter that was meant, and says how to give one that is missing", () => {
  const { issues } = checkParams(declared, { source, cuont: 3 }, resolve)
  expect(issues).toEqual([
    { field: "cuont", message: 'there is no parameter "cuont"', hint: 'did you mean "count"?' },
    { field: "name", message: "name: a value is missing", hint: "give it with -S name=VALUE" }
  ])
})

it("reads a variant by its kind, and refuses the fields of another", () => {
  expect(issuesOf({ source: { kind: "web" } })).toEqual([
    'source: "kind" must be one of synthetic, coco, got "web"'.replace("source: ", "source: ")
  ])
  expect(issuesOf({ source: { kind: "coco", images: file("d"), count: 3 } })).toEqual([
    'there is no parameter "source.count"'
  ])
})

const splits = param.oneOf(
  {
    kfold: { k: param.int({ default: 5, min: 2 }) },
    given: { file: param.file(), column: param.text({ default: "fold" }) }
  },
  { default: { kind: "kfold" }, doc: "how folds are made" }
)
const splitsOf = (given: Record<string, unknown>) => {
  const { values, issues } = checkParams({ splits }, given, resolve)
  return issues.length === 0 ? values["splits"] : issues
}

it("takes a variant's default, with the defaults of its fields", () => {
  expect(splits.optional).toBe(true)
  expect(splitsOf({})).toEqual({ kind: "kfold", k: 5 })
  expect(splitsOf({ splits: { kind: "kfold", k: 3 } })).toEqual({ kind: "kfold", k: 3 })
  expect(splitsOf({ splits: { kind: "given", file: file("f.csv") } })).toEqual({
    kind: "given",
    file: { path: "/base/f.csv" },
    column: "fold"
  })
  const given = param.oneOf(
    { given: { file: param.file() } },
    { default: { kind: "given", file: file("f.csv") } }
  )
  expect(checkParams({ given }, {}, resolve).values["given"]).toEqual({
    kind: "given",
    file: { path: "/base/f.csv" }
  })
})

it("checks a variant's default like any other value", () => {
  const wrong = param.oneOf({ kfold: { k: param.int({ min: 2 }) } }, { default: { kind: "kfold", k: 1 } })
  expect(checkParams({ wrong }, {}, resolve).issues.map(({ message }) => message)).toEqual([
    "wrong.k: 1 is outside 2 to …"
  ])
})

it("takes a variant from -S as JSON, or by its kind alone", () => {
  const typed = (text: string) => splitsOf({ splits: fromText(splits, text) })
  expect(typed("kfold")).toEqual({ kind: "kfold", k: 5 })
  expect(typed('{"kind":"kfold","k":3}')).toEqual({ kind: "kfold", k: 3 })
  expect(typed("given")).toMatchObject([{ field: "splits.file", message: "splits.file: a value is missing" }])
  expect(typed("kfodl")).toEqual([
    {
      field: "splits",
      message: 'splits: expected an object, its "kind" one of kfold, given, got "kfodl"',
      hint: 'did you mean "kfold"?'
    }
  ])
  expect(typed("constructor")).toMatchObject([{ field: "splits", hint: "how folds are made" }])
})

it.each([
  [declared.count, "7", 7],
  [declared.count, "seven", "seven"],
  [declared.share, "1e-3", 0.001],
  [declared.model, "a/b.onnx", { path: "a/b.onnx" }],
  [declared.captions, "null", null],
  [declared.captions, "c.json", { path: "c.json" }],
  [declared.probes, "logistic,perceptron", ["logistic", "perceptron"]],
  [declared.source, '{"kind":"synthetic","count":2}', { kind: "synthetic", count: 2 }],
  [param.bool(), "true", true]
])("reads -S values by the parameter's kind (%#)", (one, text, value) => {
  expect(fromText(one, text)).toEqual(value)
})
