/** Compares two artifacts by their digests and manifests alone. */
import { digestJson } from "../store/format/canonical-json.ts"
import { own } from "../support/own.ts"
import type { Side, ValueDifference, ValueOptions } from "./values.ts"

export async function compareValues(a: Side, b: Side, _options: ValueOptions): Promise<ValueDifference> {
  const none = {
    same: 0,
    changed: 0,
    added: 0,
    removed: 0,
    examples: { changed: [], added: [], removed: [] }
  }
  const names = [...new Set([...Object.keys(a.manifest.columns), ...Object.keys(b.manifest.columns)])]
  const schema = names.flatMap((column) => {
    const [before, after] = [a, b].map(({ manifest }) => own(manifest.columns, column) ?? null)
    return digestJson(before) === digestJson(after)
      ? []
      : [{ column, before: before?.type ?? null, after: after?.type ?? null }]
  })
  const changed = names.filter((name) => own(a.manifest.digests, name) !== own(b.manifest.digests, name))
  const isSame = a.manifest.digest === b.manifest.digest
  return {
    verdict: isSame ? "same" : "different",
    schema,
    items: null,
    rows: none,
    columns: [],
    tables: {},
    lines: isSame ? [] : [`columns with other values: ${changed.join(", ") || "none"}`]
  }
}
