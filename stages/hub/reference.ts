/** A pipeline's reference to a model on a Hugging Face hub: repository, revision and file. */
import { wrongSegment } from "../../src/support/file-names.ts"

export interface HubModel {
  /** `Xenova/clip-vit-base-patch16` */
  readonly repo: string
  /** a branch, a tag or a commit (40 hexadecimal digits) */
  readonly revision: string
  /** path in the repository, with slashes; null: the first of `candidates` that exists */
  readonly file: string | null
}

/** Where exports by transformers.js and optimum put the vision encoder; the image tower before the whole model. */
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
 * All three become parts of paths in the cache and of URLs, so values that lead outside are refused.
 *
 * Source of the naming rule: huggingface_hub, utils/_validators.py, `validate_repo_id`.
 *
 * @throws {RangeError} names the invalid one
 */
export function checkHubModel(model: HubModel): HubModel {
  const { repo, revision, file } = model
  if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(repo) || /--|\.\.|[.-]$/.test(repo) || repo.length > 96)
    throw new RangeError(
      `hub: "${repo}" is not a repository: expected "organisation/name", as in its page's URL`
    )
  if (!isPlainPath(revision))
    throw new RangeError(`hub("${repo}"): "${revision}" is not a valid branch, tag or commit`)
  if (file !== null && !isPlainPath(file))
    throw new RangeError(
      `hub("${repo}"): "${file}" is not a valid path in a repository: give a relative path, such as ${candidates[0]}`
    )
  return model
}

/** File systems allow 255 bytes; temporary names are a little longer than final ones. */
const mostBytes = 200
const isPlainPath = (path: string): boolean =>
  path.split("/").every((part) => wrongSegment(part, mostBytes) === null && !part.includes(":"))
