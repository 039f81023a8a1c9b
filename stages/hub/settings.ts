/**
 * huggingface_hub's environment variables, with the same meaning.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables and
 * huggingface_hub/constants.py.
 */
import { StageError } from "../../src/index.ts"
import { readFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileText } from "../../src/support/utf8.ts"

/** A problem with a hub, and what to do about it. */
export class HubError extends StageError {
  override readonly name = "HubError"
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { hint, cause })
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** The first of these variables that is set and not empty. */
const first = (environment: Environment, ...names: ReadonlyArray<string>): string | null => {
  for (const name of names) {
    const value = environment[name]?.trim()
    if (value !== undefined && value !== "") return value
  }
  return null
}
const isOn = (value: string | null): boolean => /^(1|on|yes|true)$/i.test(value ?? "")
const expanded = (folder: string): string => path.resolve(folder.replace(/^~(?=$|[/\\])/, os.homedir()))

const homeFolder = (environment: Environment): string =>
  expanded(
    first(environment, "HF_HOME") ??
      path.join(first(environment, "XDG_CACHE_HOME") ?? path.join(os.homedir(), ".cache"), "huggingface")
  )

/**
 * `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or `~/.cache/huggingface/hub`. Not the client's `getHFHubCachePath`: it
 * takes an empty variable for a folder and `~` literally; a test compares the two.
 */
export function cacheFolder(environment: Environment = process.env): string {
  const named = first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
  return named === null ? path.join(homeFolder(environment), "hub") : expanded(named)
}

/** Whether `HF_HUB_OFFLINE` (or transformers' equivalent) forbids requests. */
export const isOffline = (environment: Environment = process.env): boolean =>
  isOn(first(environment, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))

/** `HF_ENDPOINT`, or huggingface.co; without a trailing slash. */
export const endpointOf = (environment: Environment = process.env): string =>
  (first(environment, "HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "")

export interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}
/** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case; null if no proxy is configured. */
export function proxiesOf(environment: Environment = process.env): Proxies | null {
  const named = (name: string) => first(environment, name.toLowerCase(), name)
  const [http, https] = [named("HTTP_PROXY"), named("HTTPS_PROXY")]
  if (http === null && https === null) return null
  return { httpProxy: http ?? "", httpsProxy: https ?? http ?? "", noProxy: named("NO_PROXY") ?? "" }
}

/** `HF_TOKEN`, or the token saved by `hf auth login`; null: requests carry none. */
export function tokenOf(environment: Environment = process.env): string | null {
  if (isOn(first(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return null
  const given = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
  if (given !== null) return given
  const file = first(environment, "HF_TOKEN_PATH") ?? path.join(homeFolder(environment), "token")
  let bytes: Uint8Array
  try {
    bytes = readFileSync(expanded(file))
  } catch {
    return null // not logged in
  }
  try {
    const written = fileText(bytes).trim()
    return written === "" ? null : written
  } catch (error) {
    throw new HubError(
      `the token in ${expanded(file)} cannot be read: ${(error as Error).message}`,
      "log in again with `hf auth login`, or give the token as HF_TOKEN",
      error
    )
  }
}
