import { expect, it } from "vitest"
import { exitCodeOf, failureJson, failureText } from "../../../src/cli/failure.ts"
import { Problem } from "../../../src/support/problem.ts"
import { damaged, storeProblem } from "../../../src/store/files/store-error.ts"

const problem = new Problem("ParameterInvalid", "scenes: expected a whole number, got 1.5", {
  file: "/p/demo.ts",
  line: 12,
  field: "params.scenes",
  hint: "scenes to render",
  cause: new Error("deep below")
})

it("says what was wrong, where, and what to do, without a stack", () => {
  expect(failureText(problem).split("\n")).toEqual([
    "error: scenes: expected a whole number, got 1.5",
    "  in /p/demo.ts:12",
    "  at params.scenes",
    "  hint: scenes to render"
  ])
  expect(failureText(new Problem("RunNotFound", 'no run "x"', { field: "x" }))).toBe('error: no run "x"')
})

it("shows stacks, causes included, under --debug", () => {
  const text = failureText(problem, { debug: true })
  expect(text).toMatch(/at .*failure\.test\.ts/)
  expect(text).toContain("caused by:")
  expect(text).toContain("deep below")
})

it("gives the same fields as JSON", () => {
  expect(failureJson(problem)).toEqual({
    error: {
      tag: "ParameterInvalid",
      message: "scenes: expected a whole number, got 1.5",
      file: "/p/demo.ts",
      line: 12,
      column: null,
      field: "params.scenes",
      hint: "scenes to render"
    }
  })
})

it("owns up to a defect, with exit code 70", () => {
  const defect = new TypeError("x is not a function")
  expect(exitCodeOf(defect)).toBe(70)
  expect(failureText(defect)).toMatch(/internal error: x is not a function\n.*report it/)
  expect(failureJson(defect).error).toMatchObject({ tag: "Defect", file: null, line: null, field: null })
})

it("owns up to none where the system has no more of something, wherever that was met", () => {
  const refusal = (code: string) =>
    Object.assign(new Error(`${code}: no, open '/lib/x.mjs'`), { code, path: "/lib/x.mjs" })
  const text = failureText(refusal("EMFILE"))
  expect(text).toBe(
    [
      "error: no more files can be opened: EMFILE: no, open '/lib/x.mjs'",
      "  in /lib/x.mjs",
      "  hint: raise the limit (`ulimit -n 4096`, in the shell that starts it), or try fewer jobs with -j"
    ].join("\n")
  )
  for (const code of ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]) {
    expect(exitCodeOf(refusal(code))).toBe(1)
    for (const problem of [
      storeProblem(refusal(code), "/s", "read"),
      damaged(refusal(code), "/s"),
      failureJson(refusal(code)).error
    ])
      expect(problem).toMatchObject({ hint: expect.stringMatching(/\w/) as string })
    expect(damaged(refusal(code), "/s")._tag).toBe("SystemRefused")
    expect(storeProblem(refusal(code), "/s", "read")._tag).toBe("SystemRefused")
  }
  const loop = Object.assign(refusal("ELOOP"), { syscall: "stat" })
  expect(exitCodeOf(loop)).toBe(1)
  expect(failureJson(loop).error).toMatchObject({ tag: "SystemRefused", file: "/lib/x.mjs" })
  // no system call's
  expect(exitCodeOf(refusal("ERR_X"))).toBe(70)
})

it("says which name is too long, and not that the store cannot be used", () => {
  const tooLong = (path: string, dest?: string) =>
    Object.assign(new Error(`ENAMETOOLONG: name too long, open '${path}'`), {
      code: "ENAMETOOLONG",
      path,
      dest
    })
  const name = "n".repeat(300)
  const ofName = storeProblem(tooLong("/s/runs/x", `/s/runs/${name}/a`), "/s", "link an artifact")
  expect(ofName).toMatchObject({ _tag: "StoreNotUsable", hint: "shorten that name" })
  expect(ofName.message).toBe(
    `cannot link an artifact in the store: the name "${name}" is too long: 300 bytes, the file system allows 255`
  )
  const root = `/${Array.from({ length: 50 }, () => "d".repeat(90)).join("/")}`
  for (const problem of [
    storeProblem(tooLong(`${root}/runs`), root, "make its folders"),
    storeProblem(tooLong(`/${name}/s`), `/${name}/s`, "look at it")
  ]) {
    expect(problem.message).toContain("is too long")
    expect(problem.hint).toContain("--store")
  }
})

it("takes the exit code from the problem", () => {
  const codes = (["Usage", "StageFailed", "Stale", "StoreLocked", "StoreCorrupt"] as const).map((tag) =>
    exitCodeOf(new Problem(tag, ""))
  )
  expect(codes).toEqual([2, 1, 3, 4, 5])
})
