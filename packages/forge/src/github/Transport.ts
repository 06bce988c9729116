import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { setForgeQuota } from "@nominal-code/domain/telemetry/Metrics"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Clock, Duration, Effect, Option, Redacted, Schema } from "effect"
import { Exchange } from "../Exchange.ts"
import { ForgeError, Unavailable } from "../ForgeError.ts"
import { ForgeLimits, withSharedLimit } from "../ForgeLimits.ts"
import { RequestBudget } from "../RequestBudget.ts"
import { answerTimeout, isUnavailable, transient, withRateLimitWaits } from "../Retries.ts"
import { sendRedacted } from "../SameOrigin.ts"
import { aheadIn } from "../ServerTime.ts"
import type { GitHubAuth } from "./Auth.ts"
import { graphqlReason, quotaOf, type Reason, reasonOf } from "./Failure.ts"

export type AnswerSchema = Schema.ConstraintDecoder<unknown>

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

/** Answer, and the address that it came from. */
export interface LocatedAnswer<A> {
  readonly data: A
  readonly url: string
}

/** Answer with its headers `link`, `etag` and, for a classic token, `x-oauth-scopes`. */
export interface AnswerWithHeaders<A> extends LocatedAnswer<A> {
  readonly link: string
  readonly etag: string
  readonly scopes: string | undefined
}

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

/** Octokit, loaded when the first request is made: a process that makes none does not pay for it. */
const loadOctokit = (baseUrl: string, fetch: ReturnType<typeof sendRedacted>) =>
  Effect.promise(() => import("@octokit/core")).pipe(
    Effect.map(({ Octokit }) => new Octokit({ baseUrl, userAgent: "nominal-code", log, request: { fetch, log } })),
    Effect.cached
  )

/** Reason of an answer that its schema refuses. */
export const describe = (error: Schema.SchemaError): Unavailable =>
  new Unavailable({
    message: "GitHub's answer is not what its API describes: is github.api_base (GITHUB_API_BASE) its address, on an " +
      `Enterprise Server https://HOST/api/v3, and nothing between us that asks for a login? ${
        oneLine(error.message, 300)
      }`
  })

/** Calls of GitHub's API with authentication, time limits, rate limits and retries. */
export interface GitHubTransport {
  /**
   * Makes a call. `before` runs before each try, when nothing has to be waited for any more. `etag`: of an answer that
   * need not come again.
   */
  exchange<S extends AnswerSchema, E = never>(
    call: Call<S>,
    before?: Effect.Effect<void, E>,
    etag?: string
  ): Effect.Effect<AnswerWithHeaders<S["Type"]>, ForgeError | E>
  /** Milliseconds by which GitHub's clock is ahead of ours, by its last answer. */
  ahead(): number
}

export const makeTransport = Effect.fnUntraced(function*(apiBase: string, auth: GitHubAuth) {
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

  /** Sends a request once. */
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

  const transport: GitHubTransport = { exchange, ahead: () => ahead }
  return transport
})
