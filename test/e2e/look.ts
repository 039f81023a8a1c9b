/** What tests of the command line look at. */
import * as fs from "node:fs"
import { expect } from "vitest"
import type { Ended, Rig } from "./cli.ts"

export interface Refusal {
  readonly code: 1 | 2 | 4
  readonly tag: string
  /** all of them are in what a person reads */
  readonly says: ReadonlyArray<string | RegExp>
}

/** One message that says what, where and what to do; its fields on stdout; no stack trace. */
export function expectRefusal(ended: Ended & { readonly document: any }, { code, tag, says }: Refusal): void {
  const { stderr, document } = ended
  expect(document, stderr).toEqual({
    error: {
      tag,
      message: expect.any(String),
      file: stringOrNull(document.error?.file),
      line: numberOrNull(document.error?.line),
      column: numberOrNull(document.error?.column),
      field: stringOrNull(document.error?.field),
      hint: stringOrNull(document.error?.hint)
    }
  })
  for (const part of says) expect(stderr).toMatch(part)
  expect(stderr.match(/^error:/gm), stderr).toHaveLength(1)
  expectNoTrace(ended)
  expect(ended.code, stderr).toBe(code)
}

export const expectNoTrace = ({ stdout, stderr }: Ended) =>
  expect(`${stdout}\n${stderr}`).not.toMatch(/^\s+at .*:\d+:\d+\)?$|node:internal|internal error:/m)

export const stringOrNull = (value: unknown) => (value === null ? null : expect.any(String))
export const numberOrNull = (value: unknown) => (value === null ? null : expect.any(Number))

/** `node: status` of each node of a run. */
export const statuses = (document: any): Readonly<Record<string, string>> =>
  Object.fromEntries(document.nodes.map((node: any) => [node.id, node.status]))
export const artifacts = (document: any): Readonly<Record<string, string | null>> =>
  Object.fromEntries(document.nodes.map((node: any) => [node.id, node.artifact]))
/** ids of the nodes that a run executed */
export const executed = (document: any): ReadonlyArray<string> =>
  document.nodes.filter((node: any) => node.status === "executed").map((node: any) => node.id)
export const nodeOf = (document: any, id: string): any => document.nodes.find((node: any) => node.id === id)

/** What a killed process leaves in a store: files that are not yet what their names say. */
export const unfinished = (folder: string): ReadonlyArray<string> =>
  (fs.readdirSync(folder, { recursive: true }) as Array<string>).filter((name) => name.includes(".tmp-"))

/** Every run of the store, the newest first. */
export const runsOf = async (rig: Rig, ...store: ReadonlyArray<string>): Promise<ReadonlyArray<any>> =>
  (await rig.json("runs", ...store)).document.runs
