import { Effect } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { gitEnvironment } from "./GitHubGit.ts"
import type { Account, Repository } from "./GitHubState.ts"
import { startGit } from "./GitStarter.ts"

/** A request of git's smart HTTP protocol. */
export interface GitRequest {
  /** `owner/name`, or with groups: `acme/backend/shop`. */
  readonly repository: string
  /** `/info/refs`, `/git-upload-pack`. */
  readonly rest: string
  /** `upload-pack` or `receive-pack`. */
  readonly service: string
}

const shape = /^\/((?:[\w.-]+\/)+[\w.-]+?)(?:\.git)?(\/info\/refs|\/git-(?:upload|receive)-pack)$/

/** The git request in a URL, if it is one. */
export const gitRequestOf = ({ pathname, searchParams }: URL): GitRequest | undefined => {
  const [, repository, rest] = shape.exec(pathname) ?? []
  if (repository === undefined || rest === undefined) return undefined
  const service = (searchParams.get("service") ?? rest.slice(1)).replace("git-", "")
  return { repository, rest, service }
}

/** The password of HTTP Basic authentication: git sends the token there. */
export const basicPassword = (header: string | undefined): string | undefined => {
  const [, encoded] = /^basic (.+)$/i.exec(header ?? "") ?? []
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString()
  const colon = text.indexOf(":")
  return colon === -1 ? undefined : text.slice(colon + 1)
}

const headersEnd = "\r\n\r\n"

/** Passes the request to `git http-backend` and its answer back: the status once the headers are there. */
const runBackend = (
  { rest }: GitRequest,
  { directory }: Pick<Repository, "directory">,
  { login }: Pick<Account, "login">,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const variables = {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: rest,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: request.headers["content-length"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_USER: login
    }
    const stop = new AbortController()
    const finish = () => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
      resume(Effect.succeed(response.statusCode))
    }
    let head = Buffer.alloc(0)
    const pass = (chunk: Buffer) => {
      if (response.headersSent) return response.write(chunk)
      head = Buffer.concat([head, chunk])
      const end = head.indexOf(headersEnd)
      if (end === -1) return undefined
      const headers = new Map(
        head.subarray(0, end).toString().split("\r\n").map((line): [string, string] => {
          const colon = line.indexOf(":")
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
        })
      )
      const status = Number(headers.get("status")?.slice(0, 3) ?? 200)
      headers.delete("status")
      response.writeHead(status, Object.fromEntries(headers))
      return response.write(head.subarray(end + headersEnd.length))
    }
    startGit({ args: ["http-backend"], env: variables }).then((started) => {
      if (stop.signal.aborted) return started.destroy()
      stop.signal.addEventListener("abort", () => started.destroy())
      started.on("error", finish)
      started.on("response", (answer) => answer.on("data", pass).on("end", finish).on("error", finish))
      return request.pipe(started)
    }, finish)
    response.on("close", () => stop.abort())
    return Effect.sync(() => stop.abort())
  })

/** Answers a git request as GitHub does: with a valid token, of a repository that is there, for reading. */
export const answerGit = (
  git: GitRequest,
  repository: Pick<Repository, "directory"> | undefined,
  viewer: Pick<Account, "login"> | undefined,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<number> => {
  const refuse = (status: number, message: string, headers: Readonly<Record<string, string>> = {}) =>
    Effect.sync(() => {
      request.resume()
      response.writeHead(status, { "content-type": "text/plain", ...headers }).end(message)
      return status
    })
  if (viewer === undefined) {
    return refuse(401, "Invalid username or token.", { "www-authenticate": "Basic realm=\"GitHub\"" })
  }
  if (repository === undefined) return refuse(404, "Repository not found.")
  if (git.service !== "upload-pack") return refuse(403, `Permission to ${git.repository}.git denied.`)
  return runBackend(git, repository, viewer, url, request, response)
}
