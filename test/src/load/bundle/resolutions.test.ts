/** What an import resolves to is an input: after each edit the cache answers as an empty one would. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "vitest"
import { type Files, folderOf, imports, load, pipelineOf, stage, stagesOf, write } from "../project.ts"

/** A pipeline whose stage gives what it imports as `value`. */
const using = (specifier: string): Files => ({
  "pipeline.ts": `${imports}import { value } from ${JSON.stringify(specifier)}\n${stage("mine", "[{ n: value }]")}${pipelineOf("mine")}`
})
const value = (n: number) => `export const value = ${n}\n`
/** A package in a folder; its file lies in a place of its own, so that Node's memory of modules plays no part. */
const pack = (at: string, n: number, more: object = {}): Files => ({
  [`${at}/package.json`]: JSON.stringify({
    name: "dep",
    version: `${n}.0.0`,
    type: "module",
    exports: "./i.js",
    ...more
  }),
  [`${at}/i.js`]: value(n)
})
/** A stage that needs no Probeline to be declared. */
const packagedStage = (n: number) =>
  `const stage = { name: "mine", kind: "whole", spec: { compute: async () => [{ n: ${n} }] } }
export const mine = Object.assign((id, args) => ({ id, args, stage }), { stage })\n`
const json = (content: object) => JSON.stringify(content)
const paths = (map: Readonly<Record<string, ReadonlyArray<string>>>) => ({ compilerOptions: { paths: map } })

const link = (folder: string, from: string, to: string) => {
  const at = path.join(folder, from)
  rmSync(at, { recursive: true, force: true })
  mkdirSync(path.dirname(at), { recursive: true })
  symlinkSync(to, at)
}
const remove = (folder: string, at: string) => rmSync(path.join(folder, at), { recursive: true })
const move = (folder: string, from: string, to: string) => {
  mkdirSync(path.dirname(path.join(folder, to)), { recursive: true })
  renameSync(path.join(folder, from), path.join(folder, to))
}

interface Case {
  readonly files: Files
  /** what each link points to */
  readonly links?: Files
  readonly edit: (folder: string) => void
  /** the pipeline file, `pipeline.ts` by default */
  readonly file?: string
  /** the values before and after; 1 and 2 by default */
  readonly values?: readonly [unknown, unknown]
}

/** What a load gives: the stage's value and digest, or the error. */
async function outcome(folder: string, file: string, cache: string) {
  try {
    const loaded = await load(folder, file, cache)
    const mine = stagesOf(loaded)["mine"]!
    const [row] = (await mine.spec.compute({}, {}, {})) as ReadonlyArray<{ readonly n: unknown }>
    const { digest, packages, modules } = loaded.codeOf(mine)
    return { cached: loaded.cached, value: row!.n, code: { digest, packages, modules } }
  } catch (error) {
    return { cached: false, value: (error as Error).message, code: null }
  }
}
/** Under `node_modules`, so that Node imports the bundle, and outside the project. */
const emptyCache = () => path.join(folderOf({}), "node_modules", ".cache")

const linkCases: Readonly<Record<string, Case>> = {
  "a folder on the way": {
    files: { ...using("./current/x.ts"), "v1/x.ts": value(1), "v2/x.ts": value(2) },
    links: { current: "v1" },
    edit: (at) => link(at, "current", "v2")
  },
  "a folder on the way to a file without an extension": {
    files: { ...using("./current/x"), "v1/x.ts": value(1), "v2/x.ts": value(2) },
    links: { current: "v1" },
    edit: (at) => link(at, "current", "v2")
  },
  "the file itself": {
    files: { ...using("./x.ts"), "v1.ts": value(1), "v2.ts": value(2) },
    links: { "x.ts": "v1.ts" },
    edit: (at) => link(at, "x.ts", "v2.ts")
  },
  "a link that a link points to": {
    files: { ...using("./a/x.ts"), "v1/x.ts": value(1), "v2/x.ts": value(2) },
    links: { a: "b", b: "v1" },
    edit: (at) => link(at, "b", "v2")
  },
  "a package, as pnpm installs it": {
    files: {
      ...using("dep"),
      ...pack("node_modules/.pnpm/dep@1/node_modules/dep", 1),
      ...pack("node_modules/.pnpm/dep@2/node_modules/dep", 2)
    },
    links: { "node_modules/dep": ".pnpm/dep@1/node_modules/dep" },
    edit: (at) => link(at, "node_modules/dep", ".pnpm/dep@2/node_modules/dep")
  },
  "the folder of a scope": {
    files: { ...using("@scope/dep"), ...pack("v1/node_modules/dep", 1), ...pack("v2/node_modules/dep", 2) },
    links: { "node_modules/@scope": "../v1/node_modules" },
    edit: (at) => link(at, "node_modules/@scope", "../v2/node_modules")
  },
  "node_modules itself": {
    files: {
      ...using("dep"),
      ...pack("v1/node_modules/dep", 1),
      ...pack("v2/node_modules/dep", 2)
    },
    links: { node_modules: "v1/node_modules" },
    edit: (at) => link(at, "node_modules", "v2/node_modules")
  },
  "a package that an import loads late": {
    files: {
      "pipeline.ts": `${imports}${stage("mine", '[{ n: (await import("dep")).value }]')}${pipelineOf("mine")}`,
      ...pack("node_modules/.pnpm/dep@1/node_modules/dep", 1),
      ...pack("node_modules/.pnpm/dep@2/node_modules/dep", 2)
    },
    links: { "node_modules/dep": ".pnpm/dep@1/node_modules/dep" },
    edit: (at) => link(at, "node_modules/dep", ".pnpm/dep@2/node_modules/dep")
  },
  "a workspace's package": {
    files: { ...using("dep"), ...pack("kin1", 1), ...pack("kin2", 2) },
    links: { "node_modules/dep": "../kin1" },
    edit: (at) => link(at, "node_modules/dep", "../kin2")
  },
  "a package of a workspace's package": {
    files: {
      ...using("kin"),
      "kin/package.json": json({ name: "kin", version: "1.0.0", exports: "./k.ts" }),
      "kin/k.ts": 'export { value } from "dep"\n',
      ...pack("store/1/node_modules/dep", 1),
      ...pack("store/2/node_modules/dep", 2)
    },
    links: { "node_modules/kin": "../kin", "kin/node_modules/dep": "../../store/1/node_modules/dep" },
    edit: (at) => link(at, "kin/node_modules/dep", "../../store/2/node_modules/dep")
  },
  "an installed package that becomes a workspace's": {
    files: { ...using("dep"), ...pack("node_modules/dep", 1), ...pack("kin", 2) },
    edit: (at) => link(at, "node_modules/dep", "../kin")
  },
  "a folder that is moved, with a link in its place": {
    files: {
      ...using("./lib/x.ts"),
      "lib/x.ts": 'export { value } from "../y.ts"\n',
      "y.ts": value(1),
      "other/y.ts": value(2)
    },
    edit: (at) => {
      move(at, "lib", "other/lib")
      link(at, "lib", "other/lib")
    }
  },
  "the pipeline file": {
    files: {
      "v1/pipeline.ts": using("./x.ts")["pipeline.ts"]!,
      "v1/x.ts": value(1),
      "v2/pipeline.ts": using("./x.ts")["pipeline.ts"]!,
      "v2/x.ts": value(2)
    },
    links: { "now.ts": "v1/pipeline.ts" },
    file: "now.ts",
    edit: (at) => link(at, "now.ts", "v2/pipeline.ts")
  },
  "the folder above the project": {
    files: {
      "v1/app/pipeline.ts": using("../x.ts")["pipeline.ts"]!,
      "v1/x.ts": value(1),
      "v2/app/pipeline.ts": using("../x.ts")["pipeline.ts"]!,
      "v2/x.ts": value(2)
    },
    links: { current: "v1" },
    file: "current/app/pipeline.ts",
    edit: (at) => link(at, "current", "v2")
  },
  "a JSON file": {
    files: {
      "pipeline.ts": `${imports}import data from "./data.json" with { type: "json" }\n${stage("mine", "[{ n: data.n }]")}${pipelineOf("mine")}`,
      "v1.json": '{ "n": 1 }',
      "v2.json": '{ "n": 2 }'
    },
    links: { "data.json": "v1.json" },
    edit: (at) => link(at, "data.json", "v2.json")
  }
}

const candidateCases: Readonly<Record<string, Case>> = {
  "a file with an extension that comes first": {
    files: { ...using("./x"), "x.ts": value(1) },
    edit: (at) => write(at, { "x.tsx": value(2) })
  },
  "a file without any extension": {
    files: { ...using("./x"), "x.ts": value(2) },
    edit: (at) => write(at, { x: "not JavaScript at all" }),
    values: [2, expect.any(String)]
  },
  "a file beside a folder with an index": {
    files: { ...using("./x"), "x/index.ts": value(1) },
    edit: (at) => write(at, { "x.ts": value(2) })
  },
  "a package.json in a folder with an index": {
    files: { ...using("./x"), "x/index.ts": value(1), "x/main.ts": value(2) },
    edit: (at) => write(at, { "x/package.json": json({ main: "./main.ts" }) })
  },
  "an index with an extension that comes first": {
    files: { ...using("."), "index.ts": value(1) },
    edit: (at) => write(at, { "index.tsx": value(2) })
  },
  "the .js file that a .ts file stood in for": {
    files: { ...using("./x.js"), "x.ts": value(1) },
    edit: (at) => write(at, { "x.js": value(2) })
  },
  "a .ts file in place of a removed .js file": {
    files: { ...using("./x.js"), "x.js": value(1), "x.ts": value(2) },
    edit: (at) => remove(at, "x.js")
  },
  "what a removed file hid": {
    files: { ...using("./x"), "x.tsx": value(1), "x.ts": value(2) },
    edit: (at) => remove(at, "x.tsx")
  },
  "a module that hides a JSON file": {
    files: {
      "pipeline.ts": `${imports}import * as data from "./data"\n${stage("mine", "[{ n: data.value }]")}${pipelineOf("mine")}`,
      "data.json": '{ "value": 1 }'
    },
    edit: (at) => write(at, { "data.ts": value(2) })
  },
  "a nearer node_modules": {
    files: {
      "app/src/pipeline.ts": using("dep")["pipeline.ts"]!,
      ...pack("node_modules/dep", 1)
    },
    file: "app/src/pipeline.ts",
    edit: (at) => write(at, pack("app/node_modules/dep", 2))
  },
  "a node_modules beside a helper": {
    files: {
      ...using("./lib/x.ts"),
      "lib/x.ts": 'export { value } from "dep"\n',
      ...pack("node_modules/dep", 1)
    },
    edit: (at) => write(at, pack("lib/node_modules/dep", 2))
  },
  "a farther node_modules, since the nearer is gone": {
    files: {
      "app/pipeline.ts": using("dep")["pipeline.ts"]!,
      ...pack("app/node_modules/dep", 1),
      ...pack("node_modules/dep", 2)
    },
    file: "app/pipeline.ts",
    edit: (at) => remove(at, "app/node_modules/dep")
  },
  "nothing at all": {
    files: { ...using("dep"), ...pack("node_modules/dep", 1) },
    edit: (at) => remove(at, "node_modules/dep"),
    values: [1, expect.stringMatching(/cannot find the package "dep"/)]
  }
}

const packageCases: Readonly<Record<string, Case>> = {
  "exports of a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1, { version: "1.0.0", exports: { ".": "./i.js" } }),
      "node_modules/dep/j.js": value(2)
    },
    edit: (at) => write(at, pack("node_modules/dep", 1, { version: "2.0.0", exports: { ".": "./j.js" } }))
  },
  "main of a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1, { exports: undefined, main: "i.js" }),
      "node_modules/dep/j.js": value(2)
    },
    edit: (at) => write(at, pack("node_modules/dep", 1, { version: "2.0.0", exports: undefined, main: "j" }))
  },
  "a package that takes another's place under one name and version": {
    files: { ...using("dep"), ...pack("store/a/node_modules/a", 1, { name: "a", version: "1.0.0" }) },
    links: { "node_modules/dep": "../store/a/node_modules/a" },
    edit: (at) => {
      write(at, pack("store/b/node_modules/b", 2, { name: "b", version: "1.0.0" }))
      link(at, "node_modules/dep", "../store/b/node_modules/b")
    }
  },
  "#imports that map to a local file": {
    files: {
      ...using("#x"),
      "package.json": json({ imports: { "#x": "./a.ts" } }),
      "a.ts": value(1),
      "b.ts": value(2)
    },
    edit: (at) => write(at, { "package.json": json({ imports: { "#x": "./b.ts" } }) })
  },
  "#imports that map to another file of one package": {
    files: {
      ...using("#x"),
      "package.json": json({ imports: { "#x": "dep/one" } }),
      ...pack("node_modules/dep", 1, { exports: { "./one": "./i.js", "./two": "./j.js" } }),
      "node_modules/dep/j.js": value(2)
    },
    edit: (at) => write(at, { "package.json": json({ imports: { "#x": "dep/two" } }) })
  },
  "#imports that map to another file's stage of one package": {
    files: {
      "pipeline.ts": `import { definePipeline } from "probeline"\nimport { mine } from "#x"\n${pipelineOf("mine")}`,
      "package.json": json({ imports: { "#x": "dep" } }),
      ...pack("node_modules/dep", 1, { exports: { ".": "./i.js", "./two": "./j.js" } }),
      "node_modules/dep/i.js": packagedStage(1),
      "node_modules/dep/j.js": packagedStage(2)
    },
    edit: (at) => write(at, { "package.json": json({ imports: { "#x": "dep/two" } }) })
  },
  "#imports with a pattern, whose first target appears": {
    files: {
      ...using("#lib/x.js"),
      "package.json": json({ imports: { "#lib/*": ["dep/*", "./b/*"] } }),
      "b/x.js": value(1)
    },
    edit: (at) =>
      write(at, {
        ...pack("node_modules/dep", 1, { exports: { "./*": "./lib/*" } }),
        "node_modules/dep/lib/x.js": value(2)
      })
  },
  "a package.json between a module and the root": {
    files: {
      ...using("./lib/x.ts"),
      "lib/x.ts": 'export { value } from "#y"\n',
      "package.json": json({ imports: { "#y": "./a.ts" } }),
      "a.ts": value(1),
      "lib/b.ts": value(2)
    },
    edit: (at) => write(at, { "lib/package.json": json({ imports: { "#y": "./b.ts" } }) })
  },
  "a package.json that makes a module's own package": {
    files: { ...using("dep"), ...pack("node_modules/dep", 1), "own.ts": value(2) },
    edit: (at) => write(at, { "package.json": json({ name: "dep", exports: "./own.ts" }) })
  },
  "the type of the package around a module": {
    files: {
      "package.json": json({ type: "commonjs" }),
      ...using("./helper.ts"),
      "helper.ts": 'import x from "./x.cjs"\nexport const value = typeof x\n',
      "x.cjs": "exports.__esModule = true\nexports.default = 1\n"
    },
    edit: (at) => write(at, { "package.json": json({ type: "module" }) }),
    values: ["number", "object"]
  },
  "one of two versions that a program has": {
    files: {
      "pipeline.ts": `${imports}import { value } from "dep"\nimport { other } from "kin"\n${stage("mine", "[{ n: value * 10 + other }]")}${pipelineOf("mine")}`,
      "kin/package.json": json({ name: "kin", version: "1.0.0", exports: "./k.ts" }),
      "kin/k.ts": 'export { value as other } from "dep"\n',
      ...pack("node_modules/dep", 3),
      ...pack("store/1/node_modules/dep", 1),
      ...pack("store/2/node_modules/dep", 2)
    },
    links: { "node_modules/kin": "../kin", "kin/node_modules/dep": "../../store/1/node_modules/dep" },
    edit: (at) => link(at, "kin/node_modules/dep", "../../store/2/node_modules/dep"),
    values: [31, 32]
  },
  "a package.json within a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1, { exports: "./lib/i.js" }),
      "node_modules/dep/lib/i.js": value(1)
    },
    edit: (at) =>
      write(at, {
        "node_modules/dep/lib/package.json": json({ name: "inner", version: "9.0.0", type: "module" })
      }),
    values: [1, 1]
  }
}

const configCases: Readonly<Record<string, Case>> = {
  "the first of the paths": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": json(paths({ "@/*": ["./first/*", "./second/*"] })),
      "second/x.ts": value(1)
    },
    edit: (at) => write(at, { "first/x.ts": value(2) })
  },
  "paths before a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1),
      "tsconfig.json": json(paths({ dep: ["./mine/dep.ts"] }))
    },
    edit: (at) => write(at, { "mine/dep.ts": value(2) })
  },
  "paths to another file of a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1),
      "node_modules/dep/j.js": value(2),
      "tsconfig.json": "{}"
    },
    edit: (at) => write(at, { "tsconfig.json": json(paths({ dep: ["./node_modules/dep/j.js"] })) })
  },
  "baseUrl before a package": {
    files: {
      ...using("dep"),
      ...pack("node_modules/dep", 1),
      "tsconfig.json": json({ compilerOptions: { baseUrl: "./src" } })
    },
    edit: (at) => write(at, { "src/dep.ts": value(2) })
  },
  "one of the rootDirs": {
    files: {
      "a/pipeline.ts": using("./x")["pipeline.ts"]!,
      "tsconfig.json": json({ compilerOptions: { rootDirs: ["./a", "./b"] } }),
      "b/x.ts": value(1)
    },
    file: "a/pipeline.ts",
    edit: (at) => write(at, { "a/x.ts": value(2) })
  },
  "a nearer tsconfig.json": {
    files: {
      "app/pipeline.ts": using("@/x.ts")["pipeline.ts"]!,
      "tsconfig.json": json(paths({ "@/*": ["./a/*"] })),
      "a/x.ts": value(1),
      "app/b/x.ts": value(2)
    },
    file: "app/pipeline.ts",
    edit: (at) => write(at, { "app/tsconfig.json": json(paths({ "@/*": ["./b/*"] })) })
  },
  "a farther tsconfig.json, since the nearer rules other files": {
    files: {
      "app/pipeline.ts": using("@/x.ts")["pipeline.ts"]!,
      "app/tsconfig.json": json({ include: ["elsewhere"] }),
      "tsconfig.json": json(paths({ "@/*": ["./a/*"] })),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    file: "app/pipeline.ts",
    edit: (at) => write(at, { "tsconfig.json": json(paths({ "@/*": ["./b/*"] })) })
  },
  "a base that tsconfig.json extends": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": '{\n  // ours\n  "extends": ["./config/base",],\n}',
      "config/base.json": json(paths({ "@/*": ["../a/*"] })),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    edit: (at) => write(at, { "config/base.json": json(paths({ "@/*": ["../b/*"] })) })
  },
  "the base of a base": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": json({ extends: "./config/middle.json" }),
      "config/middle.json": json({ extends: "../config/base.json" }),
      "config/base.json": json(paths({ "@/*": ["../a/*"] })),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    edit: (at) => write(at, { "config/base.json": json(paths({ "@/*": ["../b/*"] })) })
  },
  "a base behind a link": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": json({ extends: "./current/base.json" }),
      "v1/base.json": json(paths({ "@/*": ["../a/*"] })),
      "v2/base.json": json(paths({ "@/*": ["../b/*"] })),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    links: { current: "v1" },
    edit: (at) => link(at, "current", "v2")
  },
  "a base in a package that is updated": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": json({ extends: "@team/config" }),
      "store/1/package.json": json({ name: "@team/config", version: "1.0.0" }),
      "store/1/tsconfig.json": json(paths({ "@/*": ["../../a/*"] })),
      "store/2/package.json": json({ name: "@team/config", version: "2.0.0" }),
      "store/2/tsconfig.json": json(paths({ "@/*": ["../../b/*"] })),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    links: { "node_modules/@team/config": "../../store/1" },
    edit: (at) => link(at, "node_modules/@team/config", "../../store/2")
  },
  "a tsconfig.json that another refers to": {
    files: {
      ...using("@/x.ts"),
      "tsconfig.json": json({ files: [], references: [{ path: "./config/app.json" }] }),
      "config/app.json": json({ ...paths({ "@/*": ["../a/*"] }), include: ["../*"] }),
      "a/x.ts": value(1),
      "b/x.ts": value(2)
    },
    edit: (at) =>
      write(at, { "config/app.json": json({ ...paths({ "@/*": ["../b/*"] }), include: ["../*"] }) })
  },
  "an option of a base that changes what code means": {
    files: {
      ...using("./x.ts"),
      "x.ts":
        "let seen = 0\nclass Base { set a(_: unknown) { seen++ } }\nclass Derived extends Base { a = 1 }\nexport const value = new Derived() && seen\n",
      "tsconfig.json": json({ extends: "./base.json" }),
      "base.json": json({ compilerOptions: { useDefineForClassFields: true } })
    },
    edit: (at) => write(at, { "base.json": json({ compilerOptions: { useDefineForClassFields: false } }) }),
    values: [0, 1]
  }
}

/** Imports that are written as URLs, which have no file name of their own. */
const urlCases: Readonly<Record<string, (folder: string) => Case>> = {
  "a module behind a file URL": (folder) => ({
    files: { ...using(pathToFileURL(path.join(folder, "x.ts")).href), "x.ts": value(1) },
    edit: (at) => write(at, { "x.ts": value(2) })
  }),
  "a link behind a file URL": (folder) => ({
    files: { ...using(pathToFileURL(path.join(folder, "x.ts")).href), "v1.ts": value(1), "v2.ts": value(2) },
    links: { "x.ts": "v1.ts" },
    edit: (at) => link(at, "x.ts", "v2.ts")
  }),
  "a module behind an absolute path": (folder) => ({
    files: { ...using(path.join(folder, "now", "x.ts")), "v1/x.ts": value(1), "v2/x.ts": value(2) },
    links: { now: "v1" },
    edit: (at) => link(at, "now", "v2")
  })
}

async function check(folder: string, given: Case): Promise<void> {
  const { files, links = {}, edit, file = "pipeline.ts", values: [before, after] = [1, 2] } = given
  write(folder, files)
  for (const [from, to] of Object.entries(links)) link(folder, from, to)
  const cache = emptyCache()
  const first = await outcome(folder, file, cache)
  expect(first).toMatchObject({ cached: false, value: before })
  expect(await outcome(folder, file, cache)).toEqual({ ...first, cached: true })
  edit(folder)
  const now = await outcome(folder, file, cache)
  expect(now).toEqual(await outcome(folder, file, emptyCache()))
  expect(now.value).toEqual(after)
  // the stage is stale if its value is another
  if (before !== after) expect(now.code?.digest).not.toBe(first.code!.digest)
  expect(await outcome(folder, file, cache)).toEqual({ ...now, cached: now.code !== null })
}

for (const [kind, cases] of Object.entries({
  "a link is pointed elsewhere:": linkCases,
  "a candidate appears or goes:": candidateCases,
  "a package.json changes:": packageCases,
  "a tsconfig.json changes:": configCases
}))
  describe(kind, () => {
    for (const [name, given] of Object.entries(cases)) it(name, () => check(folderOf({}), given))
  })

describe("an import is written as a URL or an absolute path:", () => {
  for (const [name, caseIn] of Object.entries(urlCases))
    it(name, () => {
      const folder = folderOf({})
      return check(folder, caseIn(folder))
    })
})

describe("the cache is used although", () => {
  const edits: Readonly<Record<string, (folder: string) => void>> = {
    "a file appears beside the pipeline": (at) => write(at, { "notes.md": "" }),
    "another module appears": (at) => write(at, { "lib/other.ts": value(3) }),
    "another package is installed": (at) => write(at, pack("node_modules/other", 1)),
    "a link elsewhere moves": (at) => link(at, "data", "lib"),
    "a file of the package changes without its package.json": (at) =>
      write(at, { "node_modules/dep/j.js": value(5) })
  }
  for (const [name, edit] of Object.entries(edits))
    it(name, async () => {
      const folder = folderOf({
        ...using("./lib/x.ts"),
        "lib/x.ts": 'export { value } from "dep"\n',
        ...pack("node_modules/dep", 1)
      })
      const cache = emptyCache()
      const first = await outcome(folder, "pipeline.ts", cache)
      edit(folder)
      expect(await outcome(folder, "pipeline.ts", cache)).toEqual({ ...first, cached: true })
    })
})

it("loads a project that was moved, from its new place", async () => {
  const home = folderOf({ "a/x.ts": value(1), "a/pipeline.ts": using("./x.ts")["pipeline.ts"]! })
  const cache = emptyCache()
  const before = await outcome(home, "a/pipeline.ts", cache)
  move(home, "a", "b")
  write(home, { "a/x.ts": value(2), "a/pipeline.ts": using("./x.ts")["pipeline.ts"]! })
  expect(await outcome(home, "b/pipeline.ts", cache)).toEqual(before)
  expect(await outcome(home, "a/pipeline.ts", cache)).toMatchObject({ cached: false, value: 2 })
})

it("takes bundle and digest from one text of a file that is saved while it loads", async () => {
  const folder = folderOf({
    "pipeline.ts": `${imports}import fs from "node:fs"
import { value } from "./x.ts"
const x = new URL("./x.ts", import.meta.url)
// runs when the bundle is imported, before the digests are made
if (value === 1) fs.writeFileSync(x, "export const value = 2\\n")
${stage("mine", "[{ n: value }]")}${pipelineOf("mine")}`,
    "x.ts": value(1)
  })
  const first = await outcome(folder, "pipeline.ts", emptyCache())
  expect(first.value).toBe(2)
  expect(first).toEqual(await outcome(folder, "pipeline.ts", emptyCache()))
})
