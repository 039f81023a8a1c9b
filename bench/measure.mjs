/** Times commands as a user sees them: wall clock from start to end, and peak resident memory. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))
const gnuTime = "/usr/bin/time"
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env // reading certificates would add to Node's start-up time

/**
 * @typedef {{ readonly seconds: number, readonly mebibytes: number | null, readonly stdout: string }} Run
 * @typedef {{ readonly command: string, readonly args: ReadonlyArray<string>, readonly cwd?: string }} Command
 */

/** Runs a command once. Memory needs GNU time and is null without it. @param {Command} command @returns {Run} */
export function timed({ command, args, cwd = process.cwd() }) {
  const folder = mkdtempSync(join(tmpdir(), "probeline-bench-time-"))
  const report = join(folder, "report")
  const [program, ...words] = existsSync(gnuTime)
    ? [gnuTime, "-o", report, "-f", "%M", command, ...args]
    : [command, ...args]
  try {
    const from = performance.now()
    const { status, stdout, stderr, error } = spawnSync(program, words, {
      cwd,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28
    })
    const seconds = (performance.now() - from) / 1000
    if (error !== undefined) throw error
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${stdout}\n${stderr}`)
    const kibibytes = existsSync(report)
      ? Number(readFileSync(report, "utf8").trim().split("\n").at(-1))
      : null
    return { seconds, mebibytes: kibibytes === null ? null : kibibytes / 1024, stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs commands in turn, round after round, so that other load on the machine affects all of them.
 *
 * @template {string} Name
 * @param {number} rounds
 * @param {Readonly<Record<Name, () => Command>>} commands
 * @returns {Record<Name, ReadonlyArray<Run>>}
 */
export function interleaved(rounds, commands) {
  const runs = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, command] of Object.entries(commands)) runs[name].push(timed(command()))
  return runs
}

/** @param {ReadonlyArray<number>} values */
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** `0.083 s (0.080–0.091), 57 MB`: median, minimum and maximum. @param {ReadonlyArray<Run>} runs */
export function summary(runs) {
  const seconds = runs.map((run) => run.seconds)
  const text = (value) =>
    value < 0.995 ? value.toFixed(3) : value < 9.95 ? value.toFixed(2) : value.toFixed(1)
  const range = runs.length === 1 ? "" : ` (${text(Math.min(...seconds))}–${text(Math.max(...seconds))})`
  const memory = runs.every(({ mebibytes }) => mebibytes !== null)
    ? `, ${Math.round(median(runs.map(({ mebibytes }) => mebibytes)))} MB`
    : ""
  return `${text(median(seconds))} s${range}${memory}`
}

/** Probeline's own command line, as built. @param {...string} args @returns {Command} */
export const probeline = (...args) => ({
  command: process.execPath,
  args: [join(root, "dist/probeline.js"), ...args]
})

/** Calls `use` with a temporary folder, and deletes it afterwards. @template A @param {(folder: string) => A} use @returns {A} */
export function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "probeline-bench-"))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A line of a results table. */
export const line = (what, value) => console.log(`${what.padEnd(44)} ${value}`)
