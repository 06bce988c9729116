import { Effect, FileSystem, Path } from "effect"
import { spawn } from "node:child_process"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** One request that the server saw. */
interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}

export interface GitServer {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string
  /** The bare repository `<root>/<owner>/<name>.git` answers at `<url>/<owner>/<name>.git`. */
  readonly root: string
  readonly seen: Array<SeenRequest>
  /** Answers in place of git until it is put back to undefined. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Called while the client waits for an answer. */
  watch: () => void
}

const environment = (request: IncomingMessage, root: string) => {
  const [pathname = "", query = ""] = (request.url ?? "").split("?")
  const header = (name: string) => request.headers[name]?.toString() ?? ""
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "uploadpack.allowAnySHA1InWant",
    GIT_CONFIG_VALUE_0: "true",
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? "GET",
    CONTENT_TYPE: header("content-type"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    HTTP_GIT_PROTOCOL: header("git-protocol"),
    REMOTE_USER: "test",
    REMOTE_ADDR: "127.0.0.1"
  }
}

/** The program answers as CGI: its headers, an empty line, the body. */
const answerByGit = (request: IncomingMessage, response: ServerResponse, root: string) => {
  const git = spawn("git", ["http-backend"], { env: environment(request, root), stdio: ["pipe", "pipe", "ignore"] })
  request.pipe(git.stdin)
  git.stdin.on("error", () => {})
  let head = Buffer.alloc(0)
  git.stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) return response.write(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf("\r\n\r\n")
    if (end === -1) return
    const lines = head.subarray(0, end).toString("latin1").split("\r\n").map((line) => line.split(": ", 2))
    const headers = Object.fromEntries(lines.map(([name = "", value = ""]) => [name, value]))
    const { Status: status = "200", ...rest } = headers
    response.writeHead(Number.parseInt(status), rest)
    response.write(head.subarray(end + 4))
  })
  git.on("close", () => response.end())
}

/**
 * A git server over smart HTTP that asks for Basic credentials. Like a forge, it hands out any commit by its id.
 */
export const make = Effect.fnUntraced(function*(credentials: { readonly username: string; readonly password: string }) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "git-server-" }), "repositories")
  yield* fs.makeDirectory(root)
  const expected = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`
  const server = createServer((request, response) => {
    git.seen.push({
      method: request.method ?? "",
      url: request.url ?? "",
      authorization: request.headers.authorization
    })
    git.watch()
    if (git.intercept !== undefined) return git.intercept(request, response)
    if (request.headers.authorization !== expected) {
      return response.writeHead(401, { "www-authenticate": "Basic realm=\"git\"" }).end()
    }
    answerByGit(request, response, root)
  })
  const git: GitServer = yield* Effect.acquireRelease(
    Effect.callback<GitServer>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo // what listening on a port answers
        resume(
          Effect.succeed({ url: `http://127.0.0.1:${port}`, root, seen: [], intercept: undefined, watch: () => {} })
        )
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  return git
})
