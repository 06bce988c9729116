import { Duration, Effect } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { unlessKnown } from "./GitHubAnswers.ts"
import type { Fault, GitHubFaults } from "./GitHubFaults.ts"
import type { GitHubJournal } from "./GitHubJournal.ts"
import type { GitHubPauses } from "./GitHubPauses.ts"
import { json, type Reply } from "./GitHubRest.ts"
import { readBody } from "./GitHubServer.ts"
import { answerGit, basicPassword, gitRequestOf } from "./GitHubSmartHttp.ts"
import { now } from "./GitHubState.ts"
import { type Answer, type Api, type Handler, isSeenBy, Refusal } from "./GitLabApi.ts"
import { mergeRequestRoutes } from "./GitLabMergeRequestRoutes.ts"
import { awardRoutes, draftRoutes, noteRoutes } from "./GitLabNoteRoutes.ts"
import { projectRoutes } from "./GitLabRoutes.ts"
import type { Account, Project } from "./GitLabState.ts"
import { statusRoutes } from "./GitLabStatusRoutes.ts"
import type { GitLabWire } from "./GitLabWire.ts"

const prefix = "/api/v4"

/** A handler, its documented name (`POST /projects/:id/statuses/:sha`), and what the path gives its parameters. */
interface Route {
  readonly name: string
  readonly handler: Handler
  readonly params: Readonly<Record<string, string>>
}

const makeRouter = (handlers: Readonly<Record<string, Handler>>) => {
  const routes = Object.entries(handlers).map(([name, handler]) => {
    const [method = "", path = ""] = name.split(" ")
    const names = [...path.matchAll(/:(\w+)/g)].map(([, param = ""]) => param)
    return { name, handler, method, names, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "([^/]+)")}$`) }
  })
  return (method: string, path: string): Route | undefined => {
    for (const route of routes) {
      const match = route.method === method ? route.pattern.exec(path) : null
      if (match !== null) {
        const params = route.names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")])
        return { name: route.name, handler: route.handler, params: Object.fromEntries(params) }
      }
    }
    return undefined
  }
}

/** GitLab's form of an error. */
export const problem = (status: number, message: unknown): Reply => json(status, { message })

/** One page of a list, with GitLab's headers. It counts no further than 10,000 items, and counts those that it hides. */
const page = (list: ReadonlyArray<unknown>, url: URL): Reply => {
  const size = Math.min(Number(url.searchParams.get("per_page") ?? 20), 100)
  const current = Math.max(1, Number(url.searchParams.get("page") ?? 1))
  const last = Math.max(1, Math.ceil(list.length / size))
  const to = new URL(url)
  to.searchParams.set("page", String(current + 1))
  const shown = list.slice((current - 1) * size, current * size).filter((item) => item !== undefined)
  return json(200, shown, {
    "x-page": String(current),
    "x-per-page": String(size),
    "x-next-page": current < last ? String(current + 1) : "",
    "x-prev-page": current > 1 ? String(current - 1) : "",
    ...(list.length > 10_000 ? {} : { "x-total": String(list.length), "x-total-pages": String(last) }),
    ...(current < last ? { link: `<${to}>; rel="next"` } : {})
  })
}

const replyOf = (answer: Answer, url: URL): Reply => {
  if ("list" in answer) return page(answer.list, url)
  return "body" in answer ? json(answer.status, answer.body) : { status: answer.status, headers: {}, body: "" }
}

const tokenOf = ({ headers }: IncomingMessage): string =>
  String(headers["private-token"] ?? /^bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "")

/** The emulated GitLab's parts, as the server needs them. */
export interface Parts {
  readonly api: Api
  readonly wire: GitLabWire
  readonly faults: GitHubFaults
  readonly journal: GitHubJournal
  readonly pauses: GitHubPauses
}

const seenBy = (account: Account | undefined, project: Project | undefined) =>
  account === undefined || project === undefined || isSeenBy(project, account) ? project : undefined

const makeExchange = ({ api, faults, journal, pauses, wire }: Parts) => {
  const { state } = api
  const routeOf = makeRouter({
    ...projectRoutes(api, wire),
    ...mergeRequestRoutes(api, wire),
    ...statusRoutes(api, wire),
    ...noteRoutes(api, wire),
    ...draftRoutes(api, wire),
    ...awardRoutes(api, wire)
  })

  const answer = Effect.fnUntraced(function*(request: IncomingMessage, url: URL, body: unknown, route?: Route) {
    const viewer = state.accountOfToken(tokenOf(request))
    // Source: docs.gitlab.com/api/rest/troubleshooting, "Status codes": 401 and 404.
    if (viewer === undefined) return problem(401, "401 Unauthorized")
    if (route === undefined) {
      journal.violation({ by: "client", method: request.method ?? "", path: url.pathname, errors: ["no such route"] })
      return json(404, { error: "404 Not Found" })
    }
    const { handler, params } = route
    return yield* handler({ params, query: url.searchParams, body, viewer }).pipe(
      Effect.map((answered) => replyOf(answered, url)),
      // Source: GitLab's API answers with ETags, and 304 to a request that names the current one (`Rack::ETag`).
      Effect.map((reply) =>
        request.method === "GET" && reply.status === 200 ? unlessKnown(reply, request.headers["if-none-match"]) : reply
      ),
      Effect.catch((error) =>
        Effect.succeed(error instanceof Refusal ? problem(error.status, error.message) : problem(500, error.message))
      )
    )
  })

  const write = (response: ServerResponse, { body, headers, status }: Reply) =>
    Effect.sync(() => {
      response.writeHead(status, { "x-request-id": String(state.nextId()), ...headers }).end(body)
      return status
    })

  const faulty = (fault: Fault, reply: Effect.Effect<Reply>) => {
    if (fault._tag !== "Answer") {
      return Effect.map(reply, (ready) => fault._tag === "CommitThenAnswer" ? problem(fault.status, "500") : ready)
    }
    const refused = problem(fault.status, fault.message ?? "Injected fault")
    return Effect.succeed({ ...refused, headers: { ...refused.headers, ...fault.headers } })
  }

  const serveApi = Effect.fnUntraced(
    function*(request: IncomingMessage, response: ServerResponse, url: URL, fault: Fault | undefined) {
      const token = tokenOf(request)
      const route = routeOf(request.method ?? "GET", url.pathname.slice(prefix.length))
      const operation = route?.name ?? ""
      const body = yield* Effect.orElseSucceed(readBody(request), () => undefined)
      const login = state.accountOfToken(token)?.username ?? ""
      const seen = { kind: "rest", operation, login, body } as const
      yield* pauses.pass({ when: "before", operation, token })
      const answered = answer(request, url, body, route)
      const reply = yield* fault === undefined ? answered : faulty(fault, answered)
      yield* pauses.pass({ when: "after", operation, token })
      if (fault?._tag !== "CommitThenDrop") return { seen, status: yield* write(response, reply) }
      request.socket.destroy()
      return { seen, status: 0 }
    }
  )

  const serveGit = Effect.fnUntraced(
    function*(request: IncomingMessage, response: ServerResponse, url: URL, fault: Fault | undefined) {
      const git = gitRequestOf(url)
      if (git === undefined) return undefined
      const account = state.accountOfToken(basicPassword(request.headers.authorization) ?? "")
      const viewer = account === undefined ? undefined : { login: account.username }
      const seen = { kind: "git", operation: git.service, login: viewer?.login ?? "", body: undefined } as const
      const status = fault?._tag === "Answer"
        ? yield* write(response, { status: fault.status, headers: fault.headers ?? {}, body: "" })
        : yield* answerGit(git, seenBy(account, state.project(git.repository)), viewer, url, request, response)
      return { seen, status }
    }
  )

  return Effect.fnUntraced(function*(request: IncomingMessage, response: ServerResponse) {
    const method = request.method ?? "GET"
    const url = new URL(request.url ?? "/", api.origin)
    const startedAt = now()
    const fault = faults.take(method, url.pathname)
    const about = { method, path: url.pathname, query: url.search.slice(1), startedAt, fault: fault?._tag }
    if (fault?._tag === "Drop" || fault?._tag === "Stall") {
      journal.add({ ...about, kind: "rest", operation: "", login: "", body: undefined, status: 0 })
      if (fault._tag === "Drop") request.socket.destroy()
      return
    }
    if (fault?._tag === "Delay") yield* Effect.sleep(Duration.fromInputUnsafe(fault.by))
    const served = (yield* serveGit(request, response, url, fault)) ??
      (yield* serveApi(request, response, url, fault))
    journal.add({ ...about, ...served.seen, status: served.status })
  })
}

/** Answers the server's requests, each in a fiber of its own that ends with the signal. */
export const serveGitLab = (server: Server, parts: Parts, signal: AbortSignal): void => {
  const exchange = makeExchange(parts)
  server.on("request", (request, response) => {
    Effect.runFork(exchange(request, response), { signal })
  })
}
