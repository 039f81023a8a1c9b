/** Turns Node's file system errors into problems with a hint. */
import { isProblem, Problem } from "../../support/problem.ts"
import { systemLimit } from "../../support/system-error.ts"

/** Describes a failed file operation in a store; `doing` names the operation ("write the manifest …"). */
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
        hint: "free some space and run again (finished work is kept), or put the store elsewhere with --store DIR"
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
      return notAFolder(root, doing, where)
    case "ENAMETOOLONG":
      return nameTooLong(error as Paths, root, doing, where)
    case "ENOENT":
      // ENOENT of mkdir: the folder cannot be made. Any other file may have been removed by gc or by a user
      return syscall === "mkdir" ? notAFolder(root, doing, where) : notWritten(root, doing, message, where)
    default:
      return notWritten(root, doing, message, where)
  }
}

interface Paths {
  readonly path?: string
  /** the target of a rename or link */
  readonly dest?: string
}
/** Limits of Linux and macOS: NAME_MAX, in bytes, and Linux's PATH_MAX. */
const [mostOfName, mostOfPath] = [255, 4096]
function nameTooLong({ path: from, dest }: Paths, root: string, doing: string, where: Where): Problem {
  const paths = [from, dest].flatMap((at) => at ?? [])
  const bytes = (text: string) => Buffer.byteLength(text)
  const name = paths.flatMap((at) => at.split("/")).find((one) => bytes(one) > mostOfName)
  const longest = paths.toSorted((a, b) => bytes(b) - bytes(a))[0] ?? root
  const what =
    name === undefined
      ? `the path ${longest} is too long: ${bytes(longest)} bytes, the system allows ${mostOfPath}`
      : `the name "${name}" is too long: ${bytes(name)} bytes, the file system allows ${mostOfName}`
  const isOfRoot = name === undefined || root.includes(name)
  return new Problem("StoreNotUsable", `cannot ${doing} in the store: ${what}`, {
    ...where,
    hint: isOfRoot
      ? "choose a folder with a shorter path with --store DIR or PROBELINE_STORE"
      : "shorten that name"
  })
}

type Where = { readonly file: string; readonly cause: unknown }
const notAFolder = (root: string, doing: string, where: Where) =>
  new Problem("StoreNotUsable", `the store ${root} is not a usable folder: cannot ${doing}`, {
    ...where,
    hint: "choose another folder with --store DIR or PROBELINE_STORE"
  })
const notWritten = (root: string, doing: string, message: string, where: Where) =>
  new Problem("StoreWriteFailed", `could not ${doing} in the store ${root}: ${message}`, {
    ...where,
    hint: "finished work is kept; check the disk and run again"
  })

/** An object that exists and cannot be read. */
export const damaged = (error: unknown, root: string): Problem =>
  isProblem(error)
    ? error
    : (systemLimit(error) ??
      new Problem("StoreCorrupt", `an object of the store cannot be read: ${(error as Error).message}`, {
        file: root,
        hint: "run `probeline verify --repair`, then the pipeline: it computes missing results again",
        cause: error
      }))
