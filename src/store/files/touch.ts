import type { FileSystem } from "./file-system.ts"

/**
 * Touches a file, and returns whether it exists and has its new time. Another user's file cannot be touched,
 * only written again.
 */
export function touched(files: FileSystem, file: string): boolean {
  try {
    // compared with times from the file system, so it must come from the system clock and not from an
    // injected one
    files.touch(file, Date.now())
    return true
  } catch {
    return false
  }
}
