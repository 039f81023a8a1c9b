/**
 * Identifies this process so that another one can check whether it is still alive.
 *
 * Pids are reused, but a pid together with its start time is unique within one boot of one machine. Sources:
 * proc(5), fields 3 (state) and 22 (start time, in clock ticks since boot) of /proc/<pid>/stat;
 * pid_namespaces(7). Without /proc (macOS), `ps` and `sysctl` answer.
 */
import { execFileSync } from "node:child_process"
import * as os from "node:os"
import type { FileSystem } from "./file-system.ts"

export interface ProcessIdentity {
  readonly host: string
  /** changes when the machine reboots */
  readonly boot: string
  /** containers on one machine number their processes separately; empty where there are no namespaces */
  readonly pidNamespace: string
  readonly pid: number
  /** start time, compared as text; empty if it cannot be determined */
  readonly started: string
}

export function thisProcess(files: FileSystem): ProcessIdentity {
  const found = findProcess(process.pid, files)
  return {
    host: os.hostname(),
    boot:
      procFile(files, "/proc/sys/kernel/random/boot_id")?.trim() ??
      answerOf("sysctl", ["-n", "kern.bootsessionuuid"]) ??
      "",
    pidNamespace: files.stat("/proc/self/ns/pid")?.inode ?? "",
    pid: process.pid,
    started: typeof found === "string" ? "" : found.started
  }
}

/** "unknown": a process of another host or container, or one that this user may not see. */
export type Life = "alive" | "dead" | "unknown"

/** A stopped process (SIGSTOP) is alive; a zombie is dead. */
export function lifeOf(other: ProcessIdentity, me: ProcessIdentity, files: FileSystem): Life {
  if (other.host !== me.host || other.pidNamespace !== me.pidNamespace) return "unknown"
  if (other.boot !== me.boot) return "dead"
  const found = findProcess(other.pid, files)
  if (found === "gone") return "dead"
  if (found === "hidden" || other.started === "") return "unknown"
  return found.started === other.started ? "alive" : "dead"
}

function findProcess(pid: number, files: FileSystem): { readonly started: string } | "gone" | "hidden" {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM means that it exists and belongs to another user
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "gone"
  }
  const stat = procFile(files, `/proc/${pid}/stat`)
  if (stat !== null) {
    // the command's name, in parentheses, may itself contain spaces and parentheses
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return ended(fields[0]!) ? "gone" : { started: fields[19]! }
  }
  // /proc shows other processes but not this one: it is mounted with hidepid
  if (procFile(files, "/proc/self/stat") !== null) return "hidden"
  const answer = answerOf("ps", ["-o", "state=,lstart=", "-p", String(pid)])
  if (answer === null) return "hidden"
  const [state, ...started] = answer.split(/\s+/)
  return ended(state!) ? "gone" : { started: started.join(" ") }
}

/** A zombie, or a process that is exiting. */
const ended = (state: string) => /^[ZXx]/.test(state)

function procFile(files: FileSystem, file: string): string | null {
  try {
    const bytes = files.readIfPresent(file)
    return bytes === null ? null : Buffer.from(bytes).toString("utf8")
  } catch {
    return null // ESRCH: it ended during the read; the next check sees that
  }
}

function answerOf(command: string, argv: ReadonlyArray<string>): string | null {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" }
    return execFileSync(command, argv, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env }).trim()
  } catch {
    return null
  }
}
