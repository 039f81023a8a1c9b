/**
 * The file of answers: a line an answer, and before them which of these were found as they say, and how the folders
 * looked that they speak of.
 */
import { keyOfLine } from "./answer-line.ts"
import { readLargeCache, writeLargeCache } from "./cache-file.ts"
import type { FileSystemCalls } from "./file-system.ts"
import type { FolderMarks } from "./unchanged-folders.ts"

export interface AnswerFile {
  /** by key, as text: most are used once or never */
  readonly lines: Map<string, string>
  /** keys whose trace and manifest were there while the folders were so */
  readonly found: Set<string>
  readonly folders: FolderMarks
}
interface Head {
  readonly folders: FolderMarks
  /** base64: of each line, a bit */
  readonly found: string
}

/** What is damaged, or not there, is empty. */
export function readAnswers(files: FileSystemCalls, file: string): AnswerFile {
  const text = readLargeCache(files, file) ?? ""
  const lines = new Map<string, string>()
  const found = new Set<string>()
  const headEnd = text.indexOf("\n")
  const head = headEnd < 0 ? null : headOf(text.slice(0, headEnd))
  if (head === null) return { lines, found, folders: {} }
  const bits = Buffer.from(head.found, "base64")
  for (let at = headEnd + 1, i = 0; at < text.length; i++) {
    const next = text.indexOf("\n", at)
    const end = next < 0 ? text.length : next
    const key = keyOfLine(text, at)
    lines.set(key, text.slice(at, end))
    if ((bits[i >> 3]! >> (i & 7)) & 1) found.add(key)
    at = end + 1
  }
  return { lines, found, folders: head.folders }
}

/** False where it could not be written. */
export function writeAnswers(
  files: FileSystemCalls,
  file: string,
  { lines, found, folders }: AnswerFile
): boolean {
  const bits = Buffer.alloc(Math.ceil(lines.size / 8))
  let i = 0
  for (const key of lines.keys()) {
    if (found.has(key)) bits[i >> 3]! |= 1 << (i & 7)
    i++
  }
  const head: Head = { folders: found.size === 0 ? {} : folders, found: bits.toString("base64") }
  return writeLargeCache(files, file, [JSON.stringify(head), ...lines.values()].join("\n"))
}

function headOf(line: string): Head | null {
  try {
    const { folders, found } = JSON.parse(line) as Partial<Head>
    return typeof folders === "object" && typeof found === "string" ? { folders, found } : null
  } catch {
    return null
  }
}
