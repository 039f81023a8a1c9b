/** Opens the tensors of a .npy or .safetensors file, by the file's extension. */
import { openNpy } from "./npy.ts"
import { openSafetensors } from "./safetensors.ts"
import type { ByteReader, FileTensor } from "./stored-tensor.ts"
import { TensorFileError } from "./tensor-file-error.ts"

/**
 * One tensor of a file. `tensor` is its name in a .safetensors file, and null for a .npy file, which has only one.
 *
 * @throws {TensorFileError} the file is neither, is malformed, or has no such tensor; the message does not name the
 *   file
 */
export function openTensor(file: string, bytes: ByteReader, tensor: string | null): FileTensor {
  if (/\.npy$/i.test(file)) {
    if (tensor !== null)
      throw new TensorFileError(`a .npy file holds a single unnamed array, not "${tensor}"`)
    return openNpy(bytes)
  }
  if (!/\.safetensors$/i.test(file))
    throw new TensorFileError("its extension is neither .npy nor .safetensors")
  const tensors = openSafetensors(bytes)
  const names = [...tensors.keys()]
  const shown =
    names.length === 0 ? "it has no floating-point tensors" : `it has ${names.slice(0, 20).join(", ")}`
  if (tensor === null) {
    if (names.length === 1) return tensors.get(names[0]!)!
    throw new TensorFileError(`name one of its tensors: ${shown}`)
  }
  const found = tensors.get(tensor)
  if (found === undefined) throw new TensorFileError(`no floating-point tensor "${tensor}": ${shown}`)
  return found
}
