/** Loads a tapped model into the runtime, and explains what is wrong with a file that does not load. */
import type { InferenceSession } from "onnxruntime-node"
import { fileAccess, type FileReader } from "./access.ts"
import { folderOption, weightFiles, type WeightFiles } from "./external-data.ts"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { tapModel, type TappedModel } from "./patch.ts"
import { checkProvider, type Provider, reasonOfProvider, type Runtime } from "./providers.ts"
import { readModel } from "./reader.ts"
import { withoutWeights } from "./weights-in-place.ts"
import { message } from "./writer.ts"
import type { Tap } from "./tap.ts"

/** 4 is "fatal": errors are thrown, so the runtime need not repeat them on stderr. */
const silent = 4

export interface LoadedModel {
  readonly model: Model
  readonly tapped: TappedModel
  readonly session: InferenceSession
}

export interface TappedModelOptions {
  readonly taps: ReadonlyArray<string>
  /** the model's taps, if its structure does not reveal them */
  readonly known: ReadonlyArray<Tap> | null
  readonly pool: boolean
  readonly threads: number
  readonly provider: Provider
  readonly runtime: Runtime
}

/**
 * @throws {OnnxError} the file is missing, corrupt or not a vision transformer, a tap does not exist, or the runtime
 *   cannot load it or lacks the provider
 */
export async function loadTapped(
  file: string,
  { taps, known, pool, threads, provider, runtime }: TappedModelOptions
): Promise<LoadedModel> {
  checkProvider(provider, runtime)
  const access = openModel(file)
  let model: Model
  let tapped: TappedModel
  let bytes: Uint8Array
  let weights: WeightFiles
  try {
    model = readModel(access)
    tapped = tapModel(model, taps, { known, pool, pinStream: true })
    weights = weightFiles(model, file)
    bytes = message(withoutWeights(access, weights.own, weights.outside, tapped.needed), tapped.patch)
  } catch (error) {
    throw error instanceof OnnxError ? new OnnxError(`${file}: ${error.message}`, { cause: error }) : error
  } finally {
    access.close()
  }
  try {
    const session = await runtime.InferenceSession.create(bytes, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: silent,
      ...folderOption(weights.folder)
    })
    return { model, tapped, session }
  } catch (error) {
    throw new OnnxError(reasonNotLoaded(file, error, provider), { cause: error })
  }
}

function openModel(file: string): FileReader & { close(): void } {
  try {
    return fileAccess(file)
  } catch (error) {
    throw new OnnxError(`the encoder ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function reasonNotLoaded(file: string, error: unknown, provider: Provider): string {
  const said = (error as Error).message
  const ofProvider = reasonOfProvider(provider, said)
  if (ofProvider !== null) return ofProvider
  if (/not a registered function\/op|No Op registered|Could not find an implementation/i.test(said)) {
    return `${file}: onnxruntime has no implementation of one of its operators: export it with a lower opset, or without custom or fused operators (${said})`
  }
  if (/Unsupported model IR version|opset .* is under development/i.test(said)) {
    return `${file}: it is newer than the installed onnxruntime: export it with a lower opset or upgrade (${said})`
  }
  if (/protobuf parsing failed|INVALID_PROTOBUF/i.test(said)) {
    return `${file}: onnxruntime cannot parse it: the file is corrupt; fetch or export it again (${said})`
  }
  return `${file}: onnxruntime cannot load it: ${said}`
}
