/**
 * The file of the fresh index: one line per answer, after a head with which answers were found and how their
 * folders looked then.
 */
import { keyOfLine } from "./index-line.ts"
import { readLargeCache, writeLargeCache } from "./cache-file.ts"
import type { FileSystem } from "../files/file-system.ts"
import type { FolderMarks } from "./unchanged-folders.ts"

/** An answer's line, parsed on demand: most are used once or never. */
export interface IndexLine {
  readonly text: string
  /** trace and manifest existed while the folders were as recorded */
  readonly isFound: boolean
}
/** The same, with what this process knows about it. */
export interface IndexEntry extends IndexLine {
  isUsed: boolean
  /** the look that found its trace and manifest, without using them; 0 for none */
  foundIn: number
}
export interface IndexFile {
  /** by key */
  readonly kept: Map<string, IndexEntry>
  readonly folders: FolderMarks
}
interface Head {
  readonly folders: FolderMarks
  /** base64 of a bitset, one bit per line */
  readonly found: string
}

/** Reads the file; a damaged or missing one is empty. */
export function readIndexFile(files: FileSystem, file: string): IndexFile {
  const text = readLargeCache(files, file) ?? ""
  const kept = new Map<string, IndexEntry>()
  const headEnd = text.indexOf("\n")
  const head = headEnd < 0 ? null : headOf(text.slice(0, headEnd))
  if (head === null) return { kept, folders: {} }
  const bits = Buffer.from(head.found, "base64")
  for (let at = headEnd + 1, i = 0; at < text.length; i++) {
    const next = text.indexOf("\n", at)
    const end = next < 0 ? text.length : next
    const isFound = ((bits[i >> 3]! >> (i & 7)) & 1) === 1
    kept.set(keyOfLine(text, at), { text: text.slice(at, end), isFound, isUsed: false, foundIn: 0 })
    at = end + 1
  }
  return { kept, folders: head.folders }
}

/** Returns false if the file cannot be written. */
export function writeIndexFile(
  files: FileSystem,
  file: string,
  answers: ReadonlyArray<IndexLine>,
  folders: FolderMarks
): boolean {
  const bits = Buffer.alloc(Math.ceil(answers.length / 8))
  answers.forEach(({ isFound }, i) => {
    if (isFound) bits[i >> 3]! |= 1 << (i & 7)
  })
  const head: Head = { folders, found: bits.toString("base64") }
  return writeLargeCache(files, file, [JSON.stringify(head), ...answers.map(({ text }) => text)].join("\n"))
}

function headOf(line: string): Head | null {
  try {
    const { folders, found } = JSON.parse(line) as Partial<Head>
    return typeof folders === "object" && typeof found === "string" ? { folders, found } : null
  } catch {
    return null
  }
}
