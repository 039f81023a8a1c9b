/** Turns Node's file system errors into problems that say what to do. */
import { isProblem, Problem } from "../pipeline/problem.ts"
import { systemLimit } from "../pipeline/system-error.ts"

/** What went wrong with a store's file: `doing` is the attempt in words ("write the manifest …"). */
export function storeProblem(error: unknown, root: string, doing: string): Problem {
  if (isProblem(error)) return error
  const limit = systemLimit(error)
  if (limit !== null) return limit
  const { code, message, path, syscall } = error as NodeJS.ErrnoException
  const where = { file: path ?? root, cause: error }
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Problem("StoreFull", `no space is left to ${doing} in the store ${root}`, {
        ...where,
        hint: "free some space (what is finished is kept) and run again; --store DIR puts the store elsewhere"
      })
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Problem("StoreNotUsable", `no permission to ${doing} in the store ${root}`, {
        ...where,
        hint: "make the folder writable, or choose another with --store DIR or PROBELINE_STORE"
      })
    case "ENOTDIR":
    case "EEXIST":
    case "ELOOP":
    case "ENAMETOOLONG":
      return notAFolder(root, doing, where)
    case "ENOENT":
      // of a folder that cannot be made; another file may be gone because gc, or a user, has removed it
      return syscall === "mkdir" ? notAFolder(root, doing, where) : notWritten(root, doing, message, where)
    default:
      return notWritten(root, doing, message, where)
  }
}

type Where = { readonly file: string; readonly cause: unknown }
const notAFolder = (root: string, doing: string, where: Where) =>
  new Problem("StoreNotUsable", `the store ${root} is not a folder that can be used: cannot ${doing}`, {
    ...where,
    hint: "choose another folder with --store DIR or PROBELINE_STORE"
  })
const notWritten = (root: string, doing: string, message: string, where: Where) =>
  new Problem("StoreWriteFailed", `could not ${doing} in the store ${root}: ${message}`, {
    ...where,
    hint: "what is finished is kept; run again when the disk is well"
  })

/** An object that is there and cannot be read. */
export const damaged = (error: unknown, root: string): Problem =>
  isProblem(error)
    ? error
    : (systemLimit(error) ??
      new Problem("StoreCorrupt", `an object of the store cannot be read: ${(error as Error).message}`, {
        file: root,
        hint: "run `probeline verify --repair` and run again: what is missing is computed again",
        cause: error
      }))
