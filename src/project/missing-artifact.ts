/** Explains why a store does not give an artifact: it is gone, damaged, or of another version of Probeline. */
import { Problem } from "../support/problem.ts"
import { objectsOf, type ManifestFile } from "../store/records/manifest.ts"
import { checkedValue } from "../store/records/checksum.ts"
import type { Store } from "../store/store.ts"

/** The version of the files of runs and artifacts that this Probeline reads. */
const format = 1

/** @throws Problem StoreNotUsable for a record of another version of Probeline */
export function checkFormat(record: { readonly format: number }, file: string): void {
  if (record.format !== format) throw ofOtherVersion(record.format, file)
}

const ofOtherVersion = (its: unknown, file: string) =>
  new Problem(
    "StoreNotUsable",
    `${file} has format ${String(its)}, and this version of Probeline reads format ${format}`,
    { file, hint: "use the version of Probeline that wrote the store" }
  )

/**
 * The problem with an artifact that `store.manifest` does not find.
 *
 * @param whose how a message names it, such as `the artifact of "masks" in run …`
 */
export function missingArtifact(store: Store, digest: string, whose: string): Problem {
  const file = store.layout.manifest(digest)
  const bytes = store.files.readIfPresent(file)
  if (bytes === null) return gone(whose, digest)
  let manifest: Partial<ManifestFile>
  try {
    manifest = checkedValue(bytes) as Partial<ManifestFile>
  } catch (error) {
    return damagedFile(`${whose} is damaged: ${(error as Error).message}`, file)
  }
  if (manifest.format !== format) return ofOtherVersion(manifest.format, file)
  for (const object of objectsOf({ shards: manifest.shards ?? [] })) {
    if (store.objects.has(object)) continue
    const at = store.layout.object(object.sha256, object.extension)
    if (store.files.statFile(at) !== null)
      return damagedFile(`${whose} is damaged: an object of it is cut off`, at)
  }
  return gone(whose, digest)
}

const gone = (whose: string, digest: string) =>
  new Problem("ArtifactNotFound", `${whose}, or a part of it, is missing from the store`, {
    field: digest,
    hint: "run the pipeline again to recompute it"
  })
const damagedFile = (message: string, file: string) =>
  new Problem("StoreCorrupt", message, {
    file,
    hint: "run `probeline verify --repair`, then the pipeline: it computes missing results again"
  })
