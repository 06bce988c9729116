import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Api } from "./GitHubApi.ts"
import { findOperation } from "./GitHubContract.ts"
import type { Fault } from "./GitHubFaults.ts"
import { answerGraphQl } from "./GitHubGraphQl.ts"
import type { GitHubJournal, RequestRecord } from "./GitHubJournal.ts"
import { isOpen, manifestRoutes } from "./GitHubManifests.ts"
import { json, makeRest, problem, type Reply } from "./GitHubRest.ts"
import type { Account } from "./GitHubState.ts"

/** A request before it is answered. */
export type IncomingRequest = Pick<RequestRecord, "kind" | "operation" | "body" | "login">

/** A request over HTTP, and the place of its answer. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly method: string
}

/**
 * An answer with its ETag; without a body where the client has it. Source: "Best practices for using the REST API", on
 * conditional requests. Such an answer does not count against the primary limit.
 */
export const unlessKnown = (reply: Reply, known: string | undefined): Reply => {
  const etag = `W/"${createHash("sha256").update(reply.body).digest("hex")}"`
  const headers = { ...reply.headers, etag }
  return known === etag ? { status: 304, headers, body: "" } : { ...reply, headers }
}

/** The token of a request to the API. */
export const bearer = (header: string | undefined) => /^(?:bearer|token) (.+)$/i.exec(header ?? "")?.[1]

/** Makes the answers of the emulated API, REST and GraphQL, with the faults that are planned for them. */
export const makeAnswers = (api: Api, journal: GitHubJournal) => {
  const { apps, state } = api

  /** Caller: a token's owner, an App by its JSON Web Token, or the bot of an installation's token. */
  const viewerOf = (credentials: string, method: string, path: string): Account | Reply => {
    if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(credentials)) {
      const app = apps.appOf(credentials)
      return typeof app === "string" ? problem(401, app) : app.account
    }
    const viewer = state.accountOfToken(credentials) ?? apps.accountOf(credentials)
    if (viewer === undefined) return problem(401, "Bad credentials")
    return apps.opens(credentials, method, path) ? viewer : problem(403, "Resource not accessible by integration")
  }
  const rest = makeRest(api, journal, manifestRoutes(api))

  const graphql = Effect.fnUntraced(
    function*(viewer: Parameters<typeof answerGraphQl>[1], body: unknown, path: string) {
      const { body: answer, errors } = yield* answerGraphQl(api, viewer, body)
      if (errors.length > 0) journal.violation({ by: "client", method: "POST", path, errors })
      return json(200, answer)
    }
  )

  const answer = Effect.fnUntraced(function*({ method, request, url }: Exchange, body: unknown, seen: IncomingRequest) {
    if (request.headers["user-agent"] === undefined) return problem(403, "Request forbidden by administrative rules.")
    const viewer = isOpen(seen.operation)
      ? state.account("ghost")
      : viewerOf(bearer(request.headers.authorization) ?? "", method, url.pathname.replace(/^\/api\/v3/, ""))
    if ("status" in viewer) return viewer
    if (seen.kind === "graphql") return yield* graphql(viewer, body, url.pathname)
    const path = url.pathname.replace(/^\/api\/v3/, "")
    const accept = request.headers.accept ?? ""
    const token = bearer(request.headers.authorization) ?? ""
    const reply = yield* rest(findOperation(method, path), {
      method,
      path,
      body,
      accept,
      viewer,
      token,
      query: url.searchParams
    })
    return method === "GET" && reply.status === 200 ? unlessKnown(reply, request.headers["if-none-match"]) : reply
  })

  return Effect.fnUntraced(
    function*(exchange: Exchange, body: unknown, seen: IncomingRequest, fault: Fault | undefined) {
      if (fault?._tag === "Answer") {
        const { errors, headers = {}, message = "Injected fault", status } = fault
        const reply = problem(status, message, errors)
        return { ...reply, headers: { ...reply.headers, ...headers } }
      }
      const reply = yield* answer(exchange, body, seen)
      return fault?._tag === "CommitThenAnswer" ? problem(fault.status, "Server Error") : reply
    }
  )
}
