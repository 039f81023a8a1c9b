/**
 * Faults of the machine: memory, open files, disk space, missing folders. They are not the fault of a
 * pipeline, an item, a store or Probeline, so they are not cached: the next run tries again.
 */
import { isFolder } from "./make-folder.ts"
import { Problem } from "./problem.ts"

export interface MachineFault {
  /** what is wrong with the machine */
  readonly what: string
  readonly hint: string
}

const memory: MachineFault = {
  what: "there is no memory left",
  hint: "free some memory or end other processes (`ulimit -a` has the limits), or try fewer jobs with -j"
}
const processes: MachineFault = { what: "there are no processes or threads left", hint: memory.hint }
const files: MachineFault = {
  what: "no more files can be opened",
  hint: "raise the limit (`ulimit -n 4096`, in the shell that starts it), or try fewer jobs with -j"
}
const systemFiles: MachineFault = {
  what: "the system-wide limit on open files is reached",
  hint: "close other programs, or try fewer jobs with -j"
}
const space: MachineFault = { what: "no space is left on a disk", hint: "free some space, and run again" }
const disk: MachineFault = {
  what: "a disk or a network folder does not answer",
  hint: "check that the disk works and the folder is mounted, then run again"
}
const connection: MachineFault = {
  what: "a connection or another process ended",
  hint: "check the network and the other process, then run again"
}
const workingFolder: MachineFault = {
  what: "the working folder is gone",
  hint: "change into a folder that exists (`cd`), and run again"
}
const installed: MachineFault = {
  what: "a file of an installed package is missing or cannot be loaded",
  hint: "install the packages again (`npm ci`), and run again"
}

/** By errno(3), and by Node's own error codes. */
const byCode = new Map<string, MachineFault>([
  ["ENOMEM", memory],
  ["ERR_WORKER_OUT_OF_MEMORY", memory],
  ["ERR_MEMORY_ALLOCATION_FAILED", memory],
  ["EAGAIN", processes],
  ["ERR_WORKER_INIT_FAILED", processes],
  ["EMFILE", files],
  ["ENFILE", systemFiles],
  ["ENOSPC", space],
  ["EDQUOT", space],
  ["EIO", disk],
  ["ESTALE", disk],
  ["ENODEV", disk],
  ["ENXIO", disk],
  ["EREMOTEIO", disk],
  ["ENOTCONN", disk],
  ["EHOSTDOWN", disk],
  ["EHOSTUNREACH", connection],
  ["ENETDOWN", connection],
  ["ENETUNREACH", connection],
  ["ETIMEDOUT", connection],
  ["ECONNRESET", connection],
  ["ECONNABORTED", connection],
  ["EPIPE", connection],
  ["EAI_AGAIN", connection],
  ["ERR_MODULE_NOT_FOUND", installed],
  ["MODULE_NOT_FOUND", installed],
  ["ERR_DLOPEN_FAILED", installed]
])
const codes = [...byCode.keys()].filter((code) => /^E[A-Z]+$/.test(code)).join("|")

/** By text: errors of native code and of other programs have no code, and stages reword them. */
const byText: ReadonlyArray<readonly [RegExp, MachineFault]> = [
  [/\bout of memory\b|\bbad[_ ]alloc(?:ation)?\b|\ballocation failed\b/i, memory],
  [
    /\b(?:insufficient|not enough) memory\b|\bmemory allocation of \d+ bytes failed\b|\bmmap failed\b/i,
    memory
  ],
  [/\bpthread_create failed\b/i, processes],
  [/\b(?:can(?:no|')t|could not|failed to|unable to) allocate\b|\bvips_(?:tracked_)?malloc\b/i, memory],
  [/\btoo many open files in system\b/i, systemFiles],
  [/\btoo many open files\b/i, files],
  [/\bresource temporarily unavailable\b/i, processes],
  [/\bno space left on device\b|\bdisk quota exceeded\b/i, space],
  [/\bstale (?:NFS )?file handle\b|\binput\/output error\b|\btransport endpoint is not connected\b/i, disk],
  [/\buv_cwd\b/, workingFolder],
  [/\bCannot find (?:package|module) '|\bcannot open shared object file\b/, installed]
]
/** In Node's format: "EIO: i/o error, read". A code in the middle of a sentence may be data. */
const codeInText = new RegExp(`(?:^|: )(${codes}): `)

/** The machine fault behind an error, one of its causes, or an error's text; null if there is none. */
export function machineFault(error: unknown, depth = 0): MachineFault | null {
  if (typeof error === "string") return faultInText(error)
  if (typeof error !== "object" || error === null || depth > 10) return null
  const { code, message, cause, errors } = error as Partial<NodeJS.ErrnoException & AggregateError>
  const own =
    (typeof code === "string" ? (byCode.get(code) ?? goneFolder(error)) : null) ??
    (typeof message === "string" ? faultInText(message) : null)
  if (own !== null) return own
  for (const inner of [cause, ...(Array.isArray(errors) ? (errors as Array<unknown>) : [])]) {
    const fault = inner === undefined ? null : machineFault(inner, depth + 1)
    if (fault !== null) return fault
  }
  return null
}

function faultInText(text: string): MachineFault | null {
  const code = codeInText.exec(text)?.[1]
  return byCode.get(code ?? "") ?? byText.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

/** A missing file is the machine's fault if the working folder or an installed package is gone. */
function goneFolder(error: object): MachineFault | null {
  const { code, path: at, syscall } = error as Partial<NodeJS.ErrnoException>
  if (code !== "ENOENT") return null
  if (syscall === "uv_cwd") return workingFolder
  if (at !== undefined && /[\\/]node_modules[\\/]/.test(at)) return installed
  return hasWorkingFolder() ? null : workingFolder
}
function hasWorkingFolder(): boolean {
  try {
    return isFolder(process.cwd())
  } catch {
    return false
  }
}

/** The problem for a machine fault, introduced by `doing` ("stage x failed"); null for any other error. */
export function machineProblem(error: unknown, doing: string): Problem | null {
  const fault = machineFault(error)
  return fault === null
    ? null
    : refusal(error, `${doing}: ${fault.what}`, `${fault.hint}; the failure is not kept`)
}

/** Faults that mean a limit of the process was reached. */
const limits: ReadonlySet<MachineFault | null> = new Set([memory, processes, files, systemFiles])

/** The problem for an error that reports an exhausted system resource; null for any other. */
export function systemLimit(error: unknown): Problem | null {
  const fault = machineFault(error)
  return fault !== null && limits.has(fault) ? refusal(error, fault.what, fault.hint) : null
}

/**
 * Whether the operating system refuses one file (permission, a symlink to itself, a name that is too long, an
 * unreadable disk …) while others may be readable: any error of a system call except the limits above.
 */
export const isOneFileRefused = (error: unknown): error is NodeJS.ErrnoException => {
  const { code, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return code !== undefined && syscall !== undefined && systemLimit(error) === null
}

/** The problem for any error of a system call that no other code handled; null for any other error. */
export function systemError(error: unknown): Problem | null {
  const fault = machineFault(error)
  if (fault !== null && (limits.has(fault) || fault === installed || fault === workingFolder))
    return refusal(error, fault.what, fault.hint)
  const { code, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return code === undefined || syscall === undefined
    ? null
    : refusal(
        error,
        "the system refuses",
        "check the path, its permissions and the disk; if they are fine, please report this with the output of --debug"
      )
}

function refusal(error: unknown, what: string, hint: string): Problem {
  // a stage's own errors name a file as `file`
  const {
    path,
    file,
    message = String(error)
  } = (error ?? {}) as Partial<NodeJS.ErrnoException & { readonly file: unknown }>
  const where = path ?? (typeof file === "string" ? file : null)
  return new Problem("SystemRefused", `${what}: ${message}`, { file: where, hint, cause: error })
}
