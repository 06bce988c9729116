import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { ensureWanted, type RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { setForgeQuota } from "@nominal-code/domain/telemetry/Metrics"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Clock, Duration, Effect, Option, Redacted, Schema, Stream } from "effect"
import { Exchange } from "../Exchange.ts"
import { ForgeError, Unavailable } from "../ForgeError.ts"
import { ForgeLimits, withSharedLimit } from "../ForgeLimits.ts"
import { RequestBudget } from "../RequestBudget.ts"
import { answerTimeout, isUnavailable, transient, withRateLimitWaits } from "../Retries.ts"
import { sendRedacted } from "../SameOrigin.ts"
import { aheadIn } from "../ServerTime.ts"
import type { GitHubAuth } from "./Auth.ts"
import { graphqlReason, quotaOf, type Reason, reasonOf } from "./Failure.ts"

type AnswerSchema = Schema.ConstraintDecoder<unknown>

/** One call of the REST API. */
export interface Call<S extends AnswerSchema> {
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
  request<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError>
  /** Milliseconds by which GitHub's clock is ahead of ours, by its last answer. */
  ahead(): number
  /** A request, with the address that it was answered at: GitHub redirects from the former name of a repository. */
  located<S extends AnswerSchema>(call: Call<S>): Effect.Effect<LocatedAnswer<S["Type"]>, ForgeError>
  /** A request that requires a valid lease: the queue is asked right before each try. */
  write<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError | RunNotWanted>
  /**
   * A request that GitHub answers for free where nothing has changed since this client's last one: it goes with the last
   * answer's ETag, and that answer counts again.
   */
  conditional<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError>
  /** All items of all pages, in order. Fails if one page fails. */
  pages<S extends AnswerSchema>(call: Call<S>): Stream.Stream<S["Type"], ForgeError>
  /** A page of a list whose pages have cursors; the first one for an empty cursor. */
  cursorPage<S extends AnswerSchema>(call: Call<S>, cursor: string): Effect.Effect<CursorPage<S["Type"]>, ForgeError>
  /** Scopes of a classic token; none for other credentials, whose permissions GitHub does not tell. */
  readonly scopes: Effect.Effect<Option.Option<ReadonlyArray<string>>, ForgeError>
  /** A GraphQL query. It changes nothing, so it is repeatable. */
  graphql<S extends AnswerSchema>(query: GraphQlCall<S>): Effect.Effect<S["Type"], ForgeError>
  /** An idempotent GraphQL mutation. It requires a valid lease, like `write`. */
  mutate<S extends AnswerSchema>(mutation: GraphQlCall<S>): Effect.Effect<S["Type"], ForgeError | RunNotWanted>
}

/** One call of the GraphQL API. */
interface GraphQlCall<S extends AnswerSchema> extends Pick<Call<S>, "operation" | "repo" | "answer"> {
  readonly text: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Answer, and the address that it came from. */
export interface LocatedAnswer<A> {
  readonly data: A
  readonly url: string
}

/** Page of a list, and the cursor of the next one. */
export interface CursorPage<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<string>
}

/** Answer with its headers `link`, `etag` and, for a classic token, `x-oauth-scopes`. */
interface AnswerWithHeaders<A> extends LocatedAnswer<A> {
  readonly link: string
  readonly etag: string
  readonly scopes: string | undefined
}

/** Number of answers that are kept for conditional requests. */
const answersKept = 1_000

const pageSize = 100

/** Derives the URL of the GraphQL API from the REST root. */
export const graphqlUrl = (apiBase: string): string =>
  apiBase.endsWith("/api/v3") ? `${apiBase.slice(0, -"/v3".length)}/graphql` : `${apiBase}/graphql`

/** Cursor of the next page in a `link` header; empty: this is the last page. */
const cursorIn = (link: string): string => {
  const [, url = ""] = /<([^>]+)>;\s*rel="next"/.exec(link) ?? []
  return URL.parse(url)?.searchParams.get("cursor") ?? ""
}

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

/** Octokit, loaded when the first request is made: a process that makes none does not pay for it. */
const loadOctokit = (baseUrl: string, fetch: ReturnType<typeof sendRedacted>) =>
  Effect.promise(() => import("@octokit/core")).pipe(
    Effect.map(({ Octokit }) => new Octokit({ baseUrl, userAgent: "nominal-code", log, request: { fetch, log } })),
    Effect.cached
  )

const describe = (error: Schema.SchemaError): Unavailable =>
  new Unavailable({
    message: "GitHub's answer is not what its API describes: is github.api_base (GITHUB_API_BASE) its address, on an " +
      `Enterprise Server https://HOST/api/v3, and nothing between us that asks for a login? ${
        oneLine(error.message, 300)
      }`
  })

export const makeGitHubClient = Effect.fnUntraced(function*(apiBase: string, auth: GitHubAuth) {
  const limits = yield* ForgeLimits
  const octokit = yield* loadOctokit(apiBase, sendRedacted(yield* Exchange, (yield* KnownSecrets).redactKnown))

  let ahead = 0

  const answered = Effect.fnUntraced(function*<S extends AnswerSchema>(
    call: Call<S>,
    request: Effect.Success<typeof octokit>["request"],
    token: Redacted.Redacted,
    etag: string
  ): Effect.fn.Return<AnswerWithHeaders<S["Type"]>, Reason> {
    const headers = {
      authorization: `Bearer ${Redacted.value(token)}`,
      ...(etag === "" ? {} : { "if-none-match": etag })
    }
    const now = yield* Clock.currentTimeMillis
    const answer = yield* Effect.tryPromise({
      try: (signal) => request(call.route, { ...call.parameters, headers, request: { signal } }),
      catch: (thrown) => reasonOf(thrown, now)
    }).pipe(
      Effect.timeoutOrElse({
        duration: answerTimeout,
        orElse: () =>
          Effect.fail(new Unavailable({ message: `no answer within ${Duration.toSeconds(answerTimeout)} seconds` }))
      })
    )
    if (answer.headers.deprecation !== undefined) {
      yield* Effect.logDebug(`GitHub calls ${call.route} deprecated, until ${answer.headers.sunset ?? "some day"}`)
    }
    ahead = aheadIn(answer.headers.date, now)
    yield* setForgeQuota("github", auth.account(call.repo), quotaOf(answer.headers))
    const failure = call.route.endsWith("/graphql") ? graphqlReason(answer.data, answer.headers, now) : Option.none()
    if (Option.isSome(failure)) return yield* failure.value
    const data = yield* Effect.mapError(Schema.decodeUnknownEffect(call.answer)(answer.data), describe)
    const { etag: newEtag = "", link = "", "x-oauth-scopes": scopes } = answer.headers
    return { data, url: answer.url, link, etag: newEtag, scopes: typeof scopes === "string" ? scopes : undefined }
  })

  /** Sends a request once. `before` runs when nothing has to be waited for any more. */
  const once = <S extends AnswerSchema, E>(
    call: Call<S>,
    token: Redacted.Redacted,
    before: Effect.Effect<void, E>,
    etag: string
  ) => {
    const asError = Effect.mapError((reason: Reason) => new ForgeError({ operation: call.operation, reason }))
    return Effect.gen(function*() {
      yield* yield* RequestBudget
      const { request } = yield* octokit
      yield* before
      return yield* asError(answered(call, request, token, etag))
    }).pipe(withSharedLimit(limits, auth.account(call.repo), call.operation))
  }

  const exchange = <S extends AnswerSchema, E = never>(
    call: Call<S>,
    before: Effect.Effect<void, E> = Effect.void,
    etag = ""
  ) => {
    const repeatable = call.repeatable ?? call.route.startsWith("GET ")
    const attempt = Effect.fnUntraced(
      function*(again: boolean): Effect.fn.Return<AnswerWithHeaders<S["Type"]>, ForgeError | E> {
        const token = yield* auth.token(call.repo)
        return yield* Effect.catch(once(call, token, before, etag), (error) => {
          const isRefused = error instanceof ForgeError && error.reason._tag === "Unauthorized"
          if (again || !isRefused) return Effect.fail(error)
          return Effect.flatMap(auth.drop(call.repo, token), (another) => another ? attempt(true) : Effect.fail(error))
        })
      }
    )
    return attempt(false).pipe(
      Effect.retry({ schedule: transient, while: (error) => repeatable && isUnavailable(error) }),
      withRateLimitWaits
    )
  }

  const kept = new Map<string, AnswerWithHeaders<unknown>>()
  const keep = (key: string, answered: AnswerWithHeaders<unknown>) => {
    kept.delete(key)
    if (answered.etag !== "") kept.set(key, answered)
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - answersKept))) kept.delete(oldest)
  }

  /** Makes a conditional request. The kept answer is decoded by each caller, so it has no type here. */
  const conditional = Effect.fnUntraced(function*<S extends AnswerSchema>(
    call: Call<S>
  ): Effect.fn.Return<S["Type"], ForgeError> {
    const key = JSON.stringify([call.route, call.parameters])
    const before = kept.get(key)
    const raw = { ...call, answer: Schema.Unknown }
    const answered = yield* Effect.catchIf(
      exchange(raw, Effect.void, before?.etag),
      ({ reason }) => before !== undefined && reason._tag === "Refused" && reason.status === 304,
      (error) => before === undefined ? Effect.fail(error) : Effect.succeed(before)
    )
    keep(key, answered)
    return yield* Effect.mapError(
      Schema.decodeUnknownEffect(call.answer)(answered.data),
      (error) => new ForgeError({ operation: call.operation, reason: describe(error) })
    )
  })

  const graphqlCall = <S extends AnswerSchema>({ text, variables, ...call }: GraphQlCall<S>): Call<S> => ({
    ...call,
    route: `POST ${graphqlUrl(apiBase)}`,
    parameters: { query: text, variables },
    repeatable: true
  })

  const client: GitHubClient = {
    request: (call) => Effect.map(exchange(call), ({ data }) => data),

    ahead: () => ahead,

    located: (call) => exchange(call),

    write: (call) => Effect.map(exchange(call, ensureWanted), ({ data }) => data),

    conditional,

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

    cursorPage: (call, cursor) =>
      exchange({
        ...call,
        answer: Schema.Array(call.answer),
        parameters: { ...call.parameters, per_page: pageSize, ...(cursor === "" ? {} : { cursor }) }
      }).pipe(Effect.map(({ data, link }) => {
        const next = cursorIn(link)
        return { items: data, next: next === "" ? Option.none() : Option.some(next) }
      })),

    scopes: Effect.map(
      exchange({
        operation: "GitHub.scopes",
        // It counts against no limit.
        route: "GET /rate_limit",
        parameters: {},
        answer: Schema.Unknown
      }),
      ({ scopes }) =>
        Option.map(
          Option.fromUndefinedOr(scopes),
          (text) => text.split(",").map((scope) => scope.trim()).filter((scope) => scope !== "")
        )
    ).pipe(
      // An Enterprise Server without rate limits.
      Effect.catchReason("ForgeError", "NotFound", () => Effect.succeedNone)
    ),

    graphql: (query) => client.request(graphqlCall(query)),

    mutate: (mutation) => client.write(graphqlCall(mutation))
  }
  return client
})
