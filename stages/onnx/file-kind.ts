import type { RandomAccess } from "./access.ts"

/** What a file that is no ONNX model is, by how it begins, and what to do; null where that is not known. */
export function otherKind(source: RandomAccess): string | null {
  if (source.size === 0) return "the file is empty: fetch or export it again"
  const start = Buffer.from(source.read(0, 64)).toString("latin1")
  if (start.startsWith("version https://git-lfs")) {
    return "the file is a Git LFS pointer in place of the model: fetch the model itself (git lfs pull)"
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(start)) {
    return "the file is a web page in place of the model: fetch the model's own address"
  }
  if (start.startsWith("PK\u0003\u0004"))
    return "the file is a zip archive or a PyTorch checkpoint: export it to ONNX"
  // https://github.com/huggingface/safetensors#format: a length of 8 bytes, then JSON
  if (/^.{8}\{\s*"/s.test(start))
    return "the file holds weights alone (safetensors): export the model to ONNX"
  // FlatBuffers keep a format's name behind the first offset
  if (start.slice(4, 8) === "ORTM")
    return "the file is in onnxruntime's own format (.ort): give the .onnx file"
  return null
}
