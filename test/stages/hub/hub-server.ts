/** A server of one repository that speaks the hub's paths, on this machine; contents of LFS files lie on a host of their own. */
import { createHash } from "node:crypto"
import * as http from "node:http"
import * as net from "node:net"
import type { AddressInfo } from "node:net"

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
export const gitSha1 = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex")

export interface Repository {
  readonly name: string
  /** by branch or tag */
  readonly refs: Record<string, string>
  /** by commit, then by path */
  readonly commits: Record<string, Record<string, Uint8Array>>
}
export interface Behaviour {
  /** needed for anything */
  token?: string
  gated?: boolean
  /** the contents' host ends the connection after so many bytes: of its first answer, of its second, … */
  breaks?: Array<number>
  /** answers 200 with the whole file, whatever range is asked for */
  ignoresRange?: boolean
  /** the contents' host sends this instead */
  sends?: (content: Uint8Array) => Uint8Array
  /** does not list its files */
  unlisted?: boolean
  /** has these fields in its answer of which commit a revision is at */
  says?: object
  /** what the hub calls a content, in place of its sha256 */
  etag?: string
  /** every answer has this status */
  status?: number
  /** holds contents back after so many bytes until the client gives up */
  stallsAfter?: number
}
export interface Request {
  readonly method: string
  readonly path: string
  readonly range: string | null
  readonly authorization: string | null
  readonly host: "hub" | "contents"
}

export class HubServer implements AsyncDisposable {
  readonly requests: Array<Request> = []
  behaviour: Behaviour = {}
  /** another name for the repository, which it had before */
  formerName: string | null = null
  readonly repository: Repository
  /** hosts that were asked for through this server as a proxy */
  readonly proxied: Array<string> = []
  readonly #hub = http.createServer((request, response) => this.#answerHub(request, response))
  readonly #contents = http.createServer((request, response) => this.#answerContent(request, response))

  constructor(repository: Repository) {
    this.repository = repository
  }
  static async start(repository: Repository): Promise<HubServer> {
    const server = new HubServer(repository)
    server.#hub.on("connect", (request, socket, head) => {
      const [host, port] = request.url!.split(":")
      server.proxied.push(host!)
      const own = (server.#hub.address() as AddressInfo).port
      const upstream = net.connect(host === "127.0.0.1" ? Number(port) : own, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      for (const one of [socket, upstream]) one.on("error", () => {})
    })
    for (const one of [server.#hub, server.#contents])
      await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve))
    return server
  }
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`
  }
  get contentsEndpoint(): string {
    return `http://127.0.0.1:${(this.#contents.address() as AddressInfo).port}`
  }
  /** `GET /path`, those since the last call. */
  take(): ReadonlyArray<string> {
    return this.requests.splice(0).map(({ method, path }) => `${method} ${path.split("?")[0]}`)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.#hub, this.#contents]) {
      one.closeAllConnections()
      await new Promise((resolve) => one.close(resolve))
    }
  }

  #note(request: http.IncomingMessage, host: Request["host"]): void {
    this.requests.push({
      method: request.method!,
      path: request.url!,
      range: request.headers.range ?? null,
      authorization: request.headers.authorization ?? null,
      host
    })
  }

  #answerHub(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.#note(request, "hub")
    const { name, refs, commits } = this.repository
    const { token, gated, status, unlisted } = this.behaviour
    const end = (code: number, headers: Record<string, string | number> = {}, body = "") =>
      response.writeHead(code, headers).end(request.method === "HEAD" ? "" : body)
    if (status !== undefined) return void end(status)
    if (gated) return void end(403, { "x-error-code": "GatedRepo" })
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return void end(401, { "x-error-code": "RepoNotFound" })
    const path = decodeURIComponent(request.url!.split("?")[0]!)
    const api = /^\/api\/models\/(.+)\/revision\/(.+)$/.exec(path)
    const resolve = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(path)
    const [, repo, revision, file] = (api ?? resolve ?? []) as Array<string | undefined>
    if (resolve !== null && repo === this.formerName)
      return void end(307, { location: request.url!.replace(`/${repo}/`, `/${name}/`) })
    if (repo !== name) return void end(404, { "x-error-code": "RepoNotFound" })
    const commit = refs[revision!] ?? revision!
    const files = commits[commit]
    if (files === undefined) return void end(404, { "x-error-code": "RevisionNotFound" })
    if (api !== null) {
      const siblings = unlisted ? [] : Object.keys(files).map((rfilename) => ({ rfilename }))
      const info = { _id: "1", id: name, sha: commit, siblings, lastModified: "2026-01-01" }
      const body = JSON.stringify({ ...info, ...this.behaviour.says })
      return void end(200, { "content-type": "application/json" }, body)
    }
    const content = files[file!]
    if (content === undefined) return void end(404, { "x-error-code": "EntryNotFound" })
    if (/\.(json|txt)$/.test(file!)) {
      const headers = { etag: `"${gitSha1(content)}"`, "x-repo-commit": commit }
      return void sendBytes(request, response, content, headers, this.behaviour)
    }
    const sha = sha256(content)
    end(302, {
      location: `${this.contentsEndpoint}/${commit}/${file}`,
      etag: '"of-the-redirection"',
      "x-repo-commit": commit,
      "x-linked-etag": `"${this.behaviour.etag ?? sha}"`,
      "x-linked-size": content.length
    })
  }

  #answerContent(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.#note(request, "contents")
    const [, commit, ...file] = request.url!.split("/")
    const content = this.repository.commits[commit!]![file.join("/")]!
    sendBytes(
      request,
      response,
      content,
      { etag: '"of-the-store"' },
      this.behaviour,
      this.behaviour.breaks?.shift()
    )
  }
}

function sendBytes(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  original: Uint8Array,
  headers: Record<string, string>,
  behaviour: Behaviour,
  breakAfter?: number
): void {
  const content = behaviour.sends?.(original) ?? original
  const asked = behaviour.ignoresRange ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")
  const from = asked === null ? 0 : Number(asked[1])
  if (from > 0 && from >= content.length)
    return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end()
  const body = content.subarray(from)
  response.writeHead(asked === null ? 200 : 206, {
    ...headers,
    "content-length": body.length,
    ...(asked === null ? {} : { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` })
  })
  const { stallsAfter } = behaviour
  if (request.method === "HEAD") response.end()
  else if (stallsAfter !== undefined) response.write(body.subarray(0, stallsAfter))
  else if (breakAfter !== undefined) {
    response.flushHeaders()
    if (breakAfter > 0) response.write(body.subarray(0, breakAfter))
    // what was sent is to arrive first
    setTimeout(() => response.destroy(), 30)
  } else response.end(body)
}
