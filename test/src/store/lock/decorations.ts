/** File systems that are not as one would like them. */
import type { FileSystem } from "../../../../src/store/files/file-system.ts"

const mutating = ["makeFolder", "write", "append", "rename", "hardLink", "touch", "remove"] as const

export const failing = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: injected`), { code })
}

/** As on a file system without hard links, or where those to others' files are forbidden. */
export const withoutHardLinks = (files: FileSystem): FileSystem => ({
  ...files,
  hardLink: failing("EPERM")
})

/** Kills this process before its n-th call (from 1) that changes something. */
export function dyingAt(n: number, files: FileSystem): FileSystem {
  let calls = 0
  const counted = Object.fromEntries(
    mutating.map((name) => [
      name,
      (...args: Array<never>) => {
        if (++calls === n) process.kill(process.pid, "SIGKILL")
        return (files[name] as (...args: Array<never>) => void)(...args)
      }
    ])
  )
  return { ...files, ...counted }
}
