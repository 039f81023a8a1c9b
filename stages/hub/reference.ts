/** Which file of which repository: what a pipeline says of a model on a Hugging Face hub. */
import { wrongSegment } from "../../src/support/file-names.ts"

export interface HubModel {
  /** `Xenova/clip-vit-base-patch16` */
  readonly repo: string
  /** a branch, a tag or a commit (40 hexadecimal digits) */
  readonly revision: string
  /** in the repository, with slashes; null: the first of `candidates` that is there */
  readonly file: string | null
}

/** Where exports for transformers.js and optimum have their vision encoder; the image tower before the whole model. */
export const candidates: ReadonlyArray<string> = [
  "onnx/vision_model.onnx",
  "vision_model.onnx",
  "onnx/model.onnx",
  "model.onnx"
]

/** `Xenova/clip-vit-base-patch16@main: onnx/vision_model.onnx` */
export const modelName = ({ repo, revision, file }: HubModel): string =>
  `${repo}@${revision}${file === null ? "" : `: ${file}`}`

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/**
 * All three become paths in the cache and in addresses: what leads out of there is refused.
 *
 * Source of the rule for names: huggingface_hub, utils/_validators.py, `validate_repo_id`.
 *
 * @throws {RangeError} says which is wrong
 */
export function checkHubModel(model: HubModel): HubModel {
  const { repo, revision, file } = model
  if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(repo) || /--|\.\.|[.-]$/.test(repo) || repo.length > 96)
    throw new RangeError(
      `hub: "${repo}" is no repository: it is "organisation/name", as in the address of its page`
    )
  if (!isPlainPath(revision))
    throw new RangeError(`hub("${repo}"): "${revision}" is no branch, tag or commit`)
  if (file !== null && !isPlainPath(file))
    throw new RangeError(
      `hub("${repo}"): "${file}" is no file in a repository: give its path from there, such as ${candidates[0]}`
    )
  return model
}

/** File systems take 255 bytes; what is being written has a few more. */
const mostBytes = 200
const isPlainPath = (path: string): boolean =>
  path.split("/").every((part) => wrongSegment(part, mostBytes) === null && !part.includes(":"))
