import { oneLine } from "@nominal-code/domain/OneLine"
import type { RepoName } from "@nominal-code/domain/PullRequest"
import { ensureWanted, type RunNotWanted } from "@nominal-code/domain/RunStillWanted"
import { Clock, Duration, Effect, Option, Redacted, Schedule, Schema, Stream } from "effect"
import { ForgeError, RateLimited, Unavailable } from "../ForgeError.ts"
import type { GitHubAuth } from "./Auth.ts"
import { graphqlReason, type Reason, reasonOf, RedirectedAway } from "./Failure.ts"

type Decodable = Schema.ConstraintDecoder<unknown>

/** One call of the REST API. */
export interface Call<S extends Decodable> {
  /** Operation for error messages: `GitHub.publish acme/shop#7`. */
  readonly operation: string
  /** Repository of the call; absent for a call about the account. */
  readonly repo?: RepoName
  /** Method and path template: `GET /repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly route: string
  /** Values for the route's braces; the rest becomes the query of a GET, or the JSON body of other methods. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Schema of the part of the answer that we read; of one item if the answer is paged. */
  readonly answer: S
  /** True for an idempotent call. By default only a GET is. */
  readonly repeatable?: boolean
}

/** GitHub over HTTP: authentication, time-outs, rate limits and retries; answers checked by their schema. */
export interface GitHubClient {
  request<S extends Decodable>(call: Call<S>): Effect.Effect<S["Type"], ForgeError>
  /** A request that requires a valid lease: the queue is asked right before each try. */
  write<S extends Decodable>(call: Call<S>): Effect.Effect<S["Type"], ForgeError | RunNotWanted>
  /** All items of all pages, in order. Fails if one page fails. */
  pages<S extends Decodable>(call: Call<S>): Stream.Stream<S["Type"], ForgeError>
  /** A GraphQL query. It changes nothing, so it is repeatable. */
  graphql<S extends Decodable>(
    query: Pick<Call<S>, "operation" | "repo" | "answer"> & {
      readonly text: string
      readonly variables: Readonly<Record<string, unknown>>
    }
  ): Effect.Effect<S["Type"], ForgeError>
}

const timeout = Duration.seconds(30)
const pageSize = 100
const mostRedirects = 3

/** Longest wait within a running job. Longer ones are left to the queue. */
const longestWait = Duration.minutes(2)

/** Backoff after no answer, a broken answer or a 5xx, for repeatable calls. */
export const transient = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

/** Maximum number of rate limit waits of one request. After them, the queue waits. */
const maxRateLimitWaits = 5

/** Delay for a rate limit: as GitHub asks; if it names no time, twice as long from the third try on. */
const rateLimitDelay = ({ assumed, retryAfter }: RateLimited, waits: number): RateLimited =>
  assumed && waits > 1
    ? new RateLimited({ assumed, retryAfter: Duration.times(retryAfter, 2 ** (waits - 1)) })
    : new RateLimited({ retryAfter, ...(assumed ? { assumed } : {}) })

/** Waits for rate limits. A wait that is longer than a running job may take fails at once, and says how long it is. */
const withRateLimitWaits = <A, E>(
  attempt: Effect.Effect<A, ForgeError | E>,
  waits = 0
): Effect.Effect<A, ForgeError | E> =>
  Effect.catchIf(attempt, isRateLimited, (error) => {
    const limit = rateLimitDelay(error.reason, waits)
    return waits === maxRateLimitWaits || Duration.isGreaterThan(limit.retryAfter, longestWait)
      ? Effect.fail(new ForgeError({ operation: error.operation, reason: limit }))
      : Effect.delay(withRateLimitWaits(attempt, waits + 1), limit.retryAfter)
  })

const isRateLimited = (error: unknown): error is ForgeError & { readonly reason: RateLimited } =>
  error instanceof ForgeError && error.reason._tag === "RateLimited"

/** True if the same request may succeed by itself a moment later. */
export const isUnavailable = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Unavailable"

/** Derives the URL of the GraphQL API from the REST root. */
export const graphqlUrl = (apiBase: string): string =>
  apiBase.endsWith("/api/v3") ? `${apiBase.slice(0, -"/v3".length)}/graphql` : `${apiBase}/graphql`

/** `fetch` that follows redirects with the method and token kept, on the same host only. */
const fetchWithin = (url: string, init: RequestInit, hops = mostRedirects): Promise<Response> =>
  fetch(url, { ...init, redirect: "manual" }).then((response) => {
    const location = response.headers.get("location")
    if (response.status < 300 || response.status >= 400 || location === null) return response
    const target = URL.parse(location, url)
    if (target === null || target.origin !== new URL(url).origin || hops === 0) {
      throw new RedirectedAway(`GitHub redirects to ${target?.origin ?? location}, where the token must not go`)
    }
    return fetchWithin(target.href, init, hops - 1)
  })

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

/** Octokit, loaded when the first request is made: a process that makes none does not pay for it. */
const loadOctokit = (baseUrl: string) =>
  Effect.promise(() => import("@octokit/core")).pipe(
    Effect.map(({ Octokit }) =>
      new Octokit({ baseUrl, userAgent: "nominal-code", log, request: { fetch: fetchWithin, log } })
    ),
    Effect.cached
  )

const describe = (error: Schema.SchemaError): Unavailable =>
  new Unavailable({
    message: `GitHub's answer is not what its API describes: ${oneLine(error.message, 300)}`
  })

export const makeGitHubClient = Effect.fnUntraced(function*(apiBase: string, auth: GitHubAuth) {
  const octokit = yield* loadOctokit(apiBase)

  const once = Effect.fnUntraced(function*<S extends Decodable>(
    call: Call<S>
  ): Effect.fn.Return<{ readonly data: S["Type"]; readonly link: string }, Reason | ForgeError> {
    const { request } = yield* octokit
    const authorization = `Bearer ${Redacted.value(yield* auth(call.repo))}`
    const now = yield* Clock.currentTimeMillis
    const answer = yield* Effect.tryPromise({
      try: (signal) => request(call.route, { ...call.parameters, headers: { authorization }, request: { signal } }),
      catch: (thrown) => reasonOf(thrown, now)
    }).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          Effect.fail(new Unavailable({ message: `no answer within ${Duration.toSeconds(timeout)} seconds` }))
      })
    )
    if (answer.headers.deprecation !== undefined) {
      yield* Effect.logDebug(`GitHub calls ${call.route} deprecated, until ${answer.headers.sunset ?? "some day"}`)
    }
    const failure = call.route.endsWith("/graphql") ? graphqlReason(answer.data, answer.headers, now) : Option.none()
    if (Option.isSome(failure)) return yield* failure.value
    const data = yield* Effect.mapError(Schema.decodeUnknownEffect(call.answer)(answer.data), describe)
    return { data, link: answer.headers.link ?? "" }
  })

  const exchange = <S extends Decodable, E = never>(call: Call<S>, before: Effect.Effect<void, E> = Effect.void) => {
    const repeatable = call.repeatable ?? call.route.startsWith("GET ")
    const attempt = Effect.mapError(
      once(call),
      (reason) => reason._tag === "ForgeError" ? reason : new ForgeError({ operation: call.operation, reason })
    )
    return Effect.andThen(before, attempt).pipe(
      Effect.retry({ schedule: transient, while: (error) => repeatable && isUnavailable(error) }),
      withRateLimitWaits
    )
  }

  const client: GitHubClient = {
    request: (call) => Effect.map(exchange(call), ({ data }) => data),

    write: (call) => Effect.map(exchange(call, ensureWanted), ({ data }) => data),

    pages: (call) =>
      Stream.paginate(1, (page) =>
        exchange({
          ...call,
          answer: Schema.Array(call.answer),
          parameters: { ...call.parameters, per_page: pageSize, page }
        }).pipe(Effect.map(({ data, link }) => {
          const more = data.length === pageSize || link.includes("rel=\"next\"")
          return [data, more ? Option.some(page + 1) : Option.none()] as const
        }))),

    graphql: ({ answer, operation, repo, text, variables }) =>
      client.request({
        operation,
        ...(repo === undefined ? {} : { repo }),
        route: `POST ${graphqlUrl(apiBase)}`,
        parameters: { query: text, variables },
        answer,
        repeatable: true
      })
  }
  return client
})
