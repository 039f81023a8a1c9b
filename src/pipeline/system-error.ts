/** What the operating system refuses: no fault of a pipeline's, a store's or Probeline's. */
import { own } from "./own.ts"
import { Problem } from "./problem.ts"

const files = "raise the limit (`ulimit -n 4096`, in the shell that starts it), or try fewer jobs with -j"
const memory =
  "free some memory or end other processes (`ulimit -a` has the limits), or try fewer jobs with -j"
const limits: Readonly<Record<string, readonly [string, string]>> = {
  EMFILE: ["no more files can be opened", files],
  ENFILE: [
    "no more files can be opened in the whole system",
    "close other programs, or try fewer jobs with -j"
  ],
  ENOMEM: ["there is no memory left", memory],
  EAGAIN: ["there are no processes or threads left", memory]
}

/** The problem of an error that says that the system has no more of something (errno(3)); null of any other. */
export function systemLimit(error: unknown): Problem | null {
  const { code, path, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  const known = code === undefined || !Object.hasOwn(limits, code) ? null : own(limits, code)!
  if (known === null) return null
  const [what, hint] = known
  return new Problem("SystemRefused", `${what}: ${message}`, { file: path ?? null, hint, cause: error })
}

/**
 * Whether the operating system refuses one file (permission, a link to itself, a name that is too long, a disk that
 * cannot be read …), and others may still be read: any error of a system call but the limits above.
 */
export const isOneFileRefused = (error: unknown): error is NodeJS.ErrnoException => {
  const { code, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return code !== undefined && syscall !== undefined && systemLimit(error) === null
}

/** The problem of any error of a system call, for where nobody has foreseen it; null of any other. */
export function systemError(error: unknown): Problem | null {
  const limit = systemLimit(error)
  if (limit !== null) return limit
  const { code, path, message, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  if (code === undefined || syscall === undefined) return null
  return new Problem("SystemRefused", `the system refuses: ${message}`, {
    file: path ?? null,
    hint: "see whether the path is right, who may use it, and whether the disk is well; if they are, please report it, with what the command prints under --debug",
    cause: error
  })
}
