/**
 * The environment variables of huggingface_hub, with the same meaning.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables and
 * huggingface_hub/constants.py.
 */
import { StageError } from "../../src/index.ts"
import { readFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileText } from "../../src/support/utf8.ts"

/** What went wrong between here and a hub, and what to do. */
export class HubError extends StageError {
  override readonly name = "HubError"
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { hint, cause })
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** The first of these variables that is set to something. */
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
 * `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or `~/.cache/huggingface/hub`. By hand, since the client's `getHFHubCachePath`
 * takes an empty variable for a folder and `~` for a name; a test compares the two.
 */
export function cacheFolder(environment: Environment = process.env): string {
  const named = first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
  return named === null ? path.join(homeFolder(environment), "hub") : expanded(named)
}

/** Does `HF_HUB_OFFLINE` (or transformers' name for it) forbid any request? */
export const isOffline = (environment: Environment = process.env): boolean =>
  isOn(first(environment, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))

/** `HF_ENDPOINT`, or the hub itself; without a slash at its end. */
export const endpointOf = (environment: Environment = process.env): string =>
  (first(environment, "HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "")

export interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}
/** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case; null where no proxy is named. */
export function proxiesOf(environment: Environment = process.env): Proxies | null {
  const named = (name: string) => first(environment, name.toLowerCase(), name)
  const [http, https] = [named("HTTP_PROXY"), named("HTTPS_PROXY")]
  if (http === null && https === null) return null
  return { httpProxy: http ?? "", httpsProxy: https ?? http ?? "", noProxy: named("NO_PROXY") ?? "" }
}

/** `HF_TOKEN`, or what `hf auth login` has written down; null: requests go without. */
export function tokenOf(environment: Environment = process.env): string | null {
  if (isOn(first(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return null
  const given = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
  if (given !== null) return given
  const file = first(environment, "HF_TOKEN_PATH") ?? path.join(homeFolder(environment), "token")
  let bytes: Uint8Array
  try {
    bytes = readFileSync(expanded(file))
  } catch {
    return null // nobody has logged in
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
