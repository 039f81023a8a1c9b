/**
 * The digests of the shipped stages' code, computed from their source.
 *
 *   node tools/stage-codes.mjs          compares them with test/golden/stage-codes.json; exits 1 if they differ
 *   node tools/stage-codes.mjs --write  pins them there; note it in the CHANGELOG, under "Invalidating changes"
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { importTypeScript, root } from "./import-typescript.mjs"

/** The table that the build writes to dist/stage-codes.json. */
export async function stageCodes() {
  const [{ digestShipped }, exports] = await Promise.all([
    importTypeScript("src/load/digest-shipped.ts"),
    importTypeScript("stages/index.ts")
  ])
  return digestShipped(root, exports)
}

async function main() {
  const golden = path.join(root, "test", "golden", "stage-codes.json")
  const { stages } = await stageCodes()
  const now = Object.fromEntries(Object.entries(stages).map(([name, { digest }]) => [name, digest]))
  if (process.argv.includes("--write")) {
    mkdirSync(path.dirname(golden), { recursive: true })
    writeFileSync(golden, `${JSON.stringify(now, null, 2)}\n`)
    return
  }
  const pinned = existsSync(golden) ? JSON.parse(readFileSync(golden, "utf8")) : {}
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(now)])].filter(
    (name) => pinned[name] !== now[name]
  )
  for (const name of names) console.log(`${name}: ${pinned[name] ?? "(new)"} -> ${now[name] ?? "(gone)"}`)
  process.exitCode = names.length === 0 ? 0 : 1
}

if (process.argv[1] === import.meta.filename) await main()
