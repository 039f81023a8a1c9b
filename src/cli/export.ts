/** `export`: copies an artifact out of the store, in a format that others read. */
import * as path from "node:path"
import { attemptAsync } from "../run/attempt.ts"
import { defineCommand } from "./command.ts"
import { bytes, counted } from "../support/numbers.ts"
import { openStore } from "../project/open-store.ts"
import { resolveReference } from "../project/reference.ts"
import { referenceDoc } from "./shared-options.ts"
import { usage } from "../support/problem.ts"

const formats = ["parquet", "arrow", "csv", "npy"] as const
type Format = (typeof formats)[number]
/** Those that hold one tensor or column; the others hold the whole table. */
const tensorFormats: ReadonlySet<Format> = new Set(["arrow", "npy"])

export const exportCommand = defineCommand({
  name: "export",
  doc: "copy an artifact out: its table, or a tensor of it",
  positionals: [{ name: "ref", arity: "one", doc: referenceDoc }],
  options: {
    output: { kind: "text", alias: "o", value: "PATH", doc: "the file to write" },
    format: {
      kind: "choice",
      of: formats,
      doc: "parquet and csv: the table; arrow and npy: a tensor. The path's ending says, if this does not"
    },
    tap: { kind: "text", value: "NAME", doc: "arrow and npy: which tensor, such as block.0.resid_post" },
    column: { kind: "text", value: "NAME", doc: "arrow: of which column; npy: that, or a column of numbers" },
    overwrite: { kind: "flag", doc: "replace the file if it is there" }
  },
  examples: [
    ["export latest:measures -o measures.csv", "a table, for a spreadsheet"],
    [
      "export @1:activations/vit --tap block.3.resid_post -o vit.npy",
      "for numpy.load, a row an item or token; float16 where it is stored so, else float32"
    ]
  ],
  run: ({ ref, output: to, format, tap, column, overwrite }, { output, json, store: root }) =>
    attemptAsync(async () => {
      if (to === null) throw usage("where to? -o PATH is missing", "--output", "-o measures.parquet")
      const ending = path.extname(to).slice(1).toLowerCase()
      const chosen = format ?? formats.find((one) => one === ending)
      if (chosen === undefined)
        throw usage(`the ending of ${to} is no format`, "--format", `--format ${formats.join("|")}`)
      for (const [option, value] of Object.entries({ tap, column }))
        if (value !== null && !tensorFormats.has(chosen)) throw ofTensors(option, chosen)
      const referred = resolveReference(openStore(root), ref)
      if (referred.kind === "run")
        throw usage(
          `"${ref}" is a run: name what one of its nodes made`,
          ref,
          `${ref}:${referred.run.nodes.at(-1)?.id ?? "<node>"}`
        )
      const { exportArtifact } = await import("../inspect/export-artifact.ts")
      const written = await exportArtifact(referred, { to, format: chosen, tap, column, overwrite })
      if (json) output.out(JSON.stringify({ ...written, artifact: referred.manifest.digest }))
      else output.out(`${written.path}: ${counted(written.rows, "row")}, ${bytes(written.bytes)}`)
      return 0
    })
})

const ofTensors = (option: string, format: Format) =>
  usage(
    `--${option} goes with arrow and npy; ${format} holds the whole table, without its tensors`,
    `--${option}`,
    `--format npy (or arrow) writes one tensor; without --${option} the table is written`
  )
