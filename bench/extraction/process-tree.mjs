/** CPU time and memory of a program and its child processes, from Linux's /proc (proc(5)). */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

/** seconds per tick; the kernel's USER_HZ is 100 on all platforms of Node */
const tick = 0.01
const every = 50

/**
 * Runs a program until it exits.
 *
 * @param {string} command @param {ReadonlyArray<string>} args
 * @returns {Promise<{ stdout: string, cpu: number, peaks: ReadonlyArray<number> }>} CPU seconds of all processes,
 * and the peak resident memory of each in MiB, the program's own first. It may miss work of the last 50 ms.
 */
export async function watched(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  const [stdout, stderr] = [[], []]
  child.stdout.on("data", (data) => stdout.push(data))
  child.stderr.on("data", (data) => stderr.push(data))
  const seen = new Map()
  const timer = setInterval(() => look(child.pid, seen), every)
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject))
  clearInterval(timer)
  if (code !== 0) throw new Error(`${args.join(" ")}\n${Buffer.concat(stderr)}${Buffer.concat(stdout)}`)
  const all = [...seen.values()]
  return {
    stdout: Buffer.concat(stdout).toString(),
    cpu: all.reduce((sum, { cpu }) => sum + cpu, 0),
    peaks: all.map(({ peak }) => peak)
  }
}

function look(root, seen) {
  const parents = new Map()
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue
    const fields = statOf(entry)
    if (fields !== null) parents.set(Number(entry), fields)
  }
  const isBelow = (pid) => pid === root || (parents.has(pid) && isBelow(parents.get(pid).parent))
  for (const [pid, { cpu }] of parents)
    if (isBelow(pid)) seen.set(pid, { cpu, peak: peakOf(pid) ?? seen.get(pid)?.peak ?? 0 })
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // the name is in parentheses and may contain anything; the next field, the third, is the state
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { parent: Number(fields[1]), cpu: (Number(fields[11]) + Number(fields[12])) * tick }
  } catch {
    return null
  }
}

function peakOf(pid) {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return kibibytes === undefined ? null : Number(kibibytes) / 1024
  } catch {
    return null
  }
}
