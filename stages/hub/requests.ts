/** Requests to a hub: through the proxy that the environment names, with the user's token, and with errors that say what to do. */
import * as v from "valibot"
import { checkJson, expected, withFields } from "../json/check-json.ts"
import { isCommit } from "./reference.ts"
import { endpointOf, HubError, proxiesOf, tokenOf } from "./settings.ts"

/** What a hub says of a file before it is downloaded. */
export interface RemoteFile {
  /** of a file in LFS (or Xet) its sha256, of others git's own sha1 */
  readonly etag: string
  /** in bytes; null where the hub doesn't say */
  readonly size: number | null
}

/** What the client passes on of a hub's answer, which it does not check. */
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
        `HF_ENDPOINT is no address: "${this.endpoint}"`,
        "give one such as https://huggingface.co, or unset it"
      )
  }

  /**
   * The commit that a revision is at, and the names of its files; null where the hub does not list them.
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
        throw this.#odd(`is not what a hub tells of ${this.#repo}@${revision}: ${error.message}`)
      throw error
    })
    const { sha, filePaths } = checkJson(revisionInfo, info, (field, problem) => {
      throw this.#odd(`says of ${this.#repo}@${revision}: ${field}: ${problem}`)
    })
    return { commit: sha, files: filePaths.length > 0 ? new Set(filePaths) : null }
  }

  /**
   * What a file is, without its content; null where the commit has no such file.
   *
   * A redirection to where contents are stored is not followed: the hub's own answer has the etag of the content. So it
   * is by hand: the client's `fileDownloadInfo` follows it, and has the storage's etag, which is no sha256.
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
        // a repository that was renamed
        if (!URL.canParse(location, address))
          throw this.#odd(`redirects to "${location}", which is no address`)
        address = new URL(location, address).href
        continue
      }
      if (status === 404 && isEntryMissing(headers)) return null
      if (status >= 400) await this.#checked(response, commit)
      const etag = (linked ?? headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "")
      // it becomes a file's name
      if (!/^[\w-][\w.-]{0,99}$/.test(etag) || etag.endsWith(".incomplete"))
        throw this.#odd(`gives no etag of ${file} in ${this.#repo}`)
      const size = headers.get("x-linked-size") ?? (linked === null ? headers.get("content-length") : null)
      return { etag, size: size !== null && /^\d+$/.test(size) ? Number(size) : null }
    }
    throw this.#odd(`redirects ${file} of ${this.#repo} without end`)
  }

  /**
   * A file's content from a byte on: a response with status 206, or 200 where the server gives the whole file
   * whatever is asked, or 416 where it has no such byte.
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
    // never to another host: where contents are stored, an address is its own permission
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
      "check the network, HF_ENDPOINT and HTTPS_PROXY; with HF_HUB_OFFLINE=1 only the cache is used",
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
        `${this.#repo} is gated: its owners want to know who downloads it`,
        this.#token === null
          ? `accept its terms at ${page}, then give a token (${token})`
          : `accept its terms at ${page} as the user whose token this is`
      )
    if (code === "RevisionNotFound")
      return new HubError(
        `${this.#repo} has no revision "${revision}"`,
        isCommit(revision)
          ? `it may be gone from the hub: \`probeline encoders fetch ${this.#repo} --refresh\` takes what the branch is at now`
          : `its branches and tags: ${page}/refs; "main" is the usual one`
      )
    if (status === 401 || status === 403)
      return new HubError(
        `${this.endpoint} refuses ${this.#repo} (HTTP ${status}): it does not exist, or it is private`,
        this.#token === null
          ? `check the name at ${page}; if the repository is private, give a token (${token})`
          : `check the name at ${page}, and whether your token may read it (${token})`
      )
    if (status === 404)
      return new HubError(
        `there is no ${this.#repo}@${revision} on ${this.endpoint}`,
        `check the name at ${page}`
      )
    return new HubError(
      `${this.endpoint} answers HTTP ${status} for ${this.#repo}@${revision}`,
      status === 429
        ? `too many requests: wait a little; with a token there may be more (${token})`
        : "try again later: what was downloaded is kept"
    )
  }

  #odd(what: string): HubError {
    return new HubError(`${this.endpoint} ${what}`, "is HF_ENDPOINT a Hugging Face hub, or a mirror of it?")
  }
}

const isEntryMissing = (headers: Headers): boolean =>
  (headers.get("x-error-code") ?? "EntryNotFound") === "EntryNotFound"

/** Node 20's own `fetch` knows nothing of proxies: undici's does, and is loaded only where one is named. */
async function fetchThroughProxy(): Promise<Fetch> {
  const proxies = proxiesOf()
  if (proxies === null) return globalThis.fetch
  const undici = await import("undici")
  const dispatcher = new undici.EnvHttpProxyAgent(proxies)
  // the same interface, of which undici and @types/node have a declaration each
  return ((input: string, init: object) => undici.fetch(input, { ...init, dispatcher })) as unknown as Fetch
}

/** `fetch failed` says nothing: its cause does. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  const within = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause
  return within instanceof Error ? within.message || String((within as { code?: unknown }).code) : message
}
