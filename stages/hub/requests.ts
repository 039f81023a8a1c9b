/** Requests to a hub: through the configured proxy, with the user's token, and with errors that say what to do. */
import * as v from "valibot"
import { checkJson, expected, withFields } from "../json/check-json.ts"
import { isCommit } from "./reference.ts"
import { endpointOf, HubError, proxiesOf, tokenOf } from "./settings.ts"

/** What a hub reports about a file before it is downloaded. */
export interface RemoteFile {
  /** sha256 for a file in LFS (or Xet), else git's own sha1 */
  readonly etag: string
  /** in bytes; null if the hub does not report it */
  readonly size: number | null
}

/** The part of a hub's answer that the client passes on unchecked. */
const revisionInfo = withFields({
  sha: v.pipe(v.string(expected("a commit")), v.regex(/^[0-9a-f]{40}$/, expected("a commit"))),
  filePaths: v.array(v.string(expected("a file's name")), expected("a list of files"))
})

type Fetch = typeof globalThis.fetch

export class HubRequests {
  readonly endpoint: string
  readonly #repo: string
  readonly #token: string | null
  readonly #signal: AbortSignal
  #fetch: Promise<Fetch> | null = null

  constructor(repo: string, signal: AbortSignal) {
    this.endpoint = endpointOf()
    this.#repo = repo
    this.#token = tokenOf()
    this.#signal = signal
    if (!URL.canParse(this.endpoint))
      throw new HubError(
        `HF_ENDPOINT is not a URL: "${this.endpoint}"`,
        "set it to a URL such as https://huggingface.co, or unset it"
      )
  }

  /**
   * The current commit of a revision, and the names of its files; null if the hub does not list them.
   *
   * @throws {HubError}
   */
  async commit(
    revision: string
  ): Promise<{ readonly commit: string; readonly files: ReadonlySet<string> | null }> {
    const { modelInfo } = await import("@huggingface/hub")
    const info = await modelInfo({
      name: this.#repo,
      revision,
      hubUrl: this.endpoint,
      additionalFields: ["sha", "filePaths"],
      fetch: async (input, init) => this.#checked(await this.#send(String(input), init), revision)
    }).catch((error: unknown) => {
      if (error instanceof SyntaxError || error instanceof TypeError)
        throw this.#odd(`sent an invalid answer for ${this.#repo}@${revision}: ${error.message}`)
      throw error
    })
    const { sha, filePaths } = checkJson(revisionInfo, info, (field, problem) => {
      throw this.#odd(`sent an invalid answer for ${this.#repo}@${revision}: ${field}: ${problem}`)
    })
    return { commit: sha, files: filePaths.length > 0 ? new Set(filePaths) : null }
  }

  /**
   * A file's metadata, without its content; null if the commit has no such file.
   *
   * Redirects to the content storage are not followed, because only the hub's own answer has the content's etag. The
   * client's `fileDownloadInfo` follows them and returns the storage's etag, which is not a sha256.
   *
   * @throws {HubError}
   */
  async head(commit: string, file: string): Promise<RemoteFile | null> {
    let address = this.#address(commit, file)
    for (let redirections = 0; redirections < 5; redirections++) {
      const response = await this.#send(address, {
        method: "HEAD",
        redirect: "manual",
        headers: { "accept-encoding": "identity" }
      })
      const { headers, status } = response
      const linked = headers.get("x-linked-etag")
      const location = headers.get("location")
      if (status >= 300 && status < 400 && linked === null && location !== null) {
        // a renamed repository
        if (!URL.canParse(location, address))
          throw this.#odd(`redirects to "${location}", which is not a URL`)
        address = new URL(location, address).href
        continue
      }
      if (status === 404 && isEntryMissing(headers)) return null
      if (status >= 400) await this.#checked(response, commit)
      const etag = (linked ?? headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "")
      // it becomes a file name
      if (!/^[\w-][\w.-]{0,99}$/.test(etag) || etag.endsWith(".incomplete"))
        throw this.#odd(`sent no valid etag for ${file} in ${this.#repo}`)
      const size = headers.get("x-linked-size") ?? (linked === null ? headers.get("content-length") : null)
      return { etag, size: size !== null && /^\d+$/.test(size) ? Number(size) : null }
    }
    throw this.#odd(`has a redirect loop for ${file} of ${this.#repo}`)
  }

  /**
   * A file's content from a byte offset: a response with status 206; 200 if the server ignores the range and sends
   * the whole file; 416 if the offset is out of range.
   *
   * @throws {HubError}
   */
  async content(commit: string, file: string, from: number): Promise<Response> {
    const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` }
    const response = await this.#send(this.#address(commit, file), {
      headers: { "accept-encoding": "identity", ...range }
    })
    return response.status === 416 ? response : this.#checked(response, commit)
  }

  #address(commit: string, file: string): string {
    const path = [...this.#repo.split("/"), "resolve", commit, ...file.split("/")]
    return `${this.endpoint}/${path.map(encodeURIComponent).join("/")}`
  }

  async #send(address: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    // never to another host: the storage's signed URLs need no token
    if (this.#token !== null && new URL(address).origin === new URL(this.endpoint).origin)
      headers.set("authorization", `Bearer ${this.#token}`)
    try {
      const send = await (this.#fetch ??= fetchThroughProxy())
      return await send(address, { ...init, headers, signal: this.#signal })
    } catch (error) {
      this.#signal.throwIfAborted()
      throw this.unreachable(error)
    }
  }

  unreachable(error: unknown): HubError {
    return new HubError(
      `${this.endpoint} cannot be reached: ${reasonOf(error)}`,
      "check the network, HF_ENDPOINT and HTTPS_PROXY; HF_HUB_OFFLINE=1 uses the cache alone",
      error
    )
  }

  async #checked(response: Response, revision: string): Promise<Response> {
    if (response.ok) return response
    await response.body?.cancel()
    throw this.#refusal(response, revision)
  }

  #refusal({ status, headers }: Response, revision: string): HubError {
    const code = headers.get("x-error-code")
    const page = `${this.endpoint}/${this.#repo}`
    const token = "HF_TOKEN, or `hf auth login`"
    if (code === "GatedRepo")
      return new HubError(
        `${this.#repo} is gated: its owners control who may download it`,
        this.#token === null
          ? `accept its terms at ${page}, then give a token (${token})`
          : `accept its terms at ${page} with the account that owns your token`
      )
    if (code === "RevisionNotFound")
      return new HubError(
        `${this.#repo} has no revision "${revision}"`,
        isCommit(revision)
          ? `it may have been deleted from the hub: \`probeline encoders fetch ${this.#repo} --refresh\` fetches the branch's current commit`
          : `its branches and tags: ${page}/refs; the default is usually "main"`
      )
    if (status === 401 || status === 403)
      return new HubError(
        `${this.endpoint} refuses ${this.#repo} (HTTP ${status}): it does not exist or is private`,
        this.#token === null
          ? `check the name at ${page}; if the repository is private, give a token (${token})`
          : `check the name at ${page}, and that your token has read access (${token})`
      )
    if (status === 404)
      return new HubError(
        `there is no ${this.#repo}@${revision} on ${this.endpoint}`,
        `check the name at ${page}`
      )
    return new HubError(
      `${this.endpoint} answers HTTP ${status} for ${this.#repo}@${revision}`,
      status === 429
        ? `too many requests: wait a little; a token raises the limit (${token})`
        : "try again later: partial downloads are kept"
    )
  }

  #odd(what: string): HubError {
    return new HubError(
      `${this.endpoint} ${what}`,
      "check that HF_ENDPOINT is a Hugging Face hub or a mirror of one"
    )
  }
}

const isEntryMissing = (headers: Headers): boolean =>
  (headers.get("x-error-code") ?? "EntryNotFound") === "EntryNotFound"

/** Node 20's own `fetch` does not support proxies; undici's does, and is loaded only if a proxy is configured. */
async function fetchThroughProxy(): Promise<Fetch> {
  const proxies = proxiesOf()
  if (proxies === null) return globalThis.fetch
  const undici = await import("undici")
  const dispatcher = new undici.EnvHttpProxyAgent(proxies)
  // the same interface, declared once by undici and once by @types/node
  return ((input: string, init: object) => undici.fetch(input, { ...init, dispatcher })) as unknown as Fetch
}

/** The message of the cause, because `fetch failed` says nothing. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  const within = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause
  return within instanceof Error ? within.message || String((within as { code?: unknown }).code) : message
}
