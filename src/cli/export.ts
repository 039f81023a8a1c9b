/** `export`: writes an artifact to a file in a common format. */
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
/** Formats that hold one tensor or column; the others hold the whole table. */
const tensorFormats: ReadonlySet<Format> = new Set(["arrow", "npy"])

export const exportCommand = defineCommand({
  name: "export",
  doc: "export an artifact's table or one of its tensors",
  positionals: [{ name: "ref", arity: "one", doc: referenceDoc }],
  options: {
    output: { kind: "text", alias: "o", value: "PATH", doc: "file to write" },
    format: {
      kind: "choice",
      of: formats,
      doc: "parquet and csv: the table; arrow and npy: one tensor (default: by the path's extension)"
    },
    tap: { kind: "text", value: "NAME", doc: "arrow and npy: tensor to export, such as block.0.resid_post" },
    column: {
      kind: "text",
      value: "NAME",
      doc: "arrow: the tensor's column; npy: that, or a numeric column"
    },
    overwrite: { kind: "flag", doc: "overwrite an existing file" }
  },
  examples: [
    ["export latest:measures -o measures.csv", "the table, for a spreadsheet"],
    [
      "export @1:activations/vit --tap block.3.resid_post -o vit.npy",
      "for numpy.load: one row per item or token; float16 if stored as float16, else float32"
    ]
  ],
  run: ({ ref, output: to, format, tap, column, overwrite }, { output, json, store: root }) =>
    attemptAsync(async () => {
      if (to === null) throw usage("missing option: -o PATH", "--output", "-o measures.parquet")
      const ending = path.extname(to).slice(1).toLowerCase()
      const chosen = format ?? formats.find((one) => one === ending)
      if (chosen === undefined)
        throw usage(
          `cannot tell the format from the extension of ${to}`,
          "--format",
          `--format ${formats.join("|")}`
        )
      for (const [option, value] of Object.entries({ tap, column }))
        if (value !== null && !tensorFormats.has(chosen)) throw ofTensors(option, chosen)
      const referred = resolveReference(openStore(root), ref)
      if (referred.kind === "run")
        throw usage(
          `"${ref}" is a run, not an artifact: name one of its nodes`,
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
    `--${option} applies to arrow and npy only; ${format} holds the whole table, without its tensors`,
    `--${option}`,
    `use --format npy (or arrow) to export one tensor, or drop --${option} to export the table`
  )
