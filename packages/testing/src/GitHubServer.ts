import { Data, Duration, Effect, Schema } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { bearer, type Exchange, type IncomingRequest, makeAnswers } from "./GitHubAnswers.ts"
import type { Api } from "./GitHubApi.ts"
import { findOperation } from "./GitHubContract.ts"
import type { Fault, GitHubFaults } from "./GitHubFaults.ts"
import type { GitHubJournal } from "./GitHubJournal.ts"
import { answerManifestForm, isManifestForm } from "./GitHubManifests.ts"
import type { GitHubPauses } from "./GitHubPauses.ts"
import { problem, type Reply } from "./GitHubRest.ts"
import { answerGit, basicPassword, gitRequestOf } from "./GitHubSmartHttp.ts"
import { now } from "./GitHubState.ts"

class BadRequest extends Data.TaggedError("BadRequest")<{ readonly message: string }> {}

const Unparsed = Schema.fromJsonString(Schema.Unknown)

export const readBody = (request: IncomingMessage): Effect.Effect<unknown, BadRequest> =>
  Effect.callback<Buffer>((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  }).pipe(
    Effect.flatMap((bytes) =>
      bytes.length === 0
        ? Effect.void
        : Effect.mapError(
          Schema.decodeEffect(Unparsed)(bytes.toString()),
          () => new BadRequest({ message: "Problems parsing JSON" })
        )
    )
  )

/** Services that decide about a request, and record it. */
interface Parts {
  readonly api: Api
  readonly faults: GitHubFaults
  readonly journal: GitHubJournal
  readonly pauses: GitHubPauses
}

/** Makes the headers that tell how many requests are left. */
const makeQuota = () => {
  /** Requests of the present hour, by token. Source: "Rate limits for the REST API": each answer tells what is left. */
  const counted = new Map<string, number>()
  return ({ request }: Exchange) => {
    const token = bearer(request.headers.authorization) ?? ""
    const used = (counted.get(token) ?? 0) + 1
    counted.set(token, used)
    // What a test plans as a limit is its own; this one never ends.
    const scopes = token.startsWith("ghp_") ? { "x-oauth-scopes": "repo" } : {}
    return { "x-ratelimit-remaining": String(Math.max(1, 5_000 - used)), "x-ratelimit-resource": "core", ...scopes }
  }
}

/** The emulated forge over HTTP, for one request at a time. */
const makeExchange = ({ api, faults, journal, pauses }: Parts) => {
  const { apps, state } = api
  const answer = makeAnswers(api, journal)
  const quota = makeQuota()

  const write = (exchange: Exchange, { body, headers, status }: Reply) =>
    Effect.sync(() => {
      const told = { "x-github-request-id": String(state.nextId()), ...quota(exchange), ...headers }
      exchange.response.writeHead(status, told).end(body)
      return status
    })

  const serveApi = Effect.fnUntraced(function*(exchange: Exchange, fault: Fault | undefined) {
    const { method, request, url } = exchange
    const graphql = /^\/(?:api\/)?graphql$/.test(url.pathname) && method === "POST"
    const token = bearer(request.headers.authorization) ?? ""
    const login = (state.accountOfToken(token) ?? apps.accountOf(token))?.login ?? ""
    const operation = graphql ? "graphql" : findOperation(method, url.pathname.replace(/^\/api\/v3/, ""))?.id ?? ""
    const body = yield* Effect.result(readBody(request))
    const seen: IncomingRequest = {
      kind: graphql ? "graphql" : "rest",
      operation,
      login,
      body: body._tag === "Success" ? body.success : undefined
    }
    yield* pauses.pass({ when: "before", operation, token })
    const reply = body._tag === "Failure"
      ? problem(400, body.failure.message)
      : yield* answer(exchange, body.success, seen, fault)
    yield* pauses.pass({ when: "after", operation, token })
    if (fault?._tag !== "CommitThenDrop") return { seen, status: yield* write(exchange, reply) }
    request.socket.destroy()
    return { seen, status: 0 }
  })

  const serveGit = Effect.fnUntraced(function*(exchange: Exchange, fault: Fault | undefined) {
    const { request, response, url } = exchange
    const git = gitRequestOf(url)
    if (git === undefined) return undefined
    const token = basicPassword(request.headers.authorization) ?? ""
    const viewer = state.accountOfToken(token) ??
      (apps.opens(token, "GET", `/repos/${git.repository}/git`) ? apps.accountOf(token) : undefined)
    const seen: IncomingRequest = { kind: "git", operation: git.service, login: viewer?.login ?? "", body: undefined }
    const status = fault?._tag === "Answer"
      ? yield* write(exchange, { status: fault.status, headers: fault.headers ?? {}, body: "" })
      : yield* answerGit(git, state.repository(git.repository), viewer, url, request, response)
    return { seen, status }
  })

  return Effect.fnUntraced(function*(request: IncomingMessage, response: ServerResponse) {
    const method = request.method ?? "GET"
    const url = new URL(request.url ?? "/", api.wire.origin)
    const startedAt = now()
    const fault = faults.take(method, url.pathname)
    const exchange = { request, response, url, method }
    const about = { method, path: url.pathname, query: url.search.slice(1), startedAt, fault: fault?._tag }
    if (fault?._tag === "Drop" || fault?._tag === "Stall") {
      journal.add({ ...about, kind: "rest", operation: "", login: "", body: undefined, status: 0 })
      if (fault._tag === "Drop") request.socket.destroy()
      return
    }
    if (isManifestForm(method, url)) {
      yield* write(exchange, yield* answerManifestForm(api, request, url))
      return
    }
    if (fault?._tag === "Delay") yield* Effect.sleep(Duration.fromInputUnsafe(fault.by))
    const served = (yield* serveGit(exchange, fault)) ?? (yield* serveApi(exchange, fault))
    journal.add({ ...about, ...served.seen, status: served.status })
  })
}

const listen = (server: Server): Effect.Effect<number> =>
  Effect.callback((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Listens on a free port of the loopback, until the scope closes. */
export const listenScoped = Effect.acquireRelease(
  Effect.flatMap(
    Effect.sync(() => createServer()),
    (server) => Effect.map(listen(server), (port) => ({ server, origin: `http://127.0.0.1:${port}` }))
  ),
  ({ server }) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
)

/**
 * Answers the server's requests, each in a fiber of its own that ends with the signal. They run on a default runtime:
 * requests of other processes must not wait for a test's clock.
 */
export const serveGitHub = (
  server: Server,
  parts: Parts,
  signal: AbortSignal
): void => {
  const exchange = makeExchange(parts)
  server.on("request", (request, response) => {
    Effect.runFork(exchange(request, response), { signal })
  })
}
