import type * as Gitbeaker from "@gitbeaker/rest"
import { ensureWanted, type RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { type ForgeQuota, setForgeQuota } from "@nominal-code/domain/telemetry/Metrics"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Clock, Duration, Effect, Option, Redacted, Schema, type Stream } from "effect"
import { type Answer, Exchange } from "../Exchange.ts"
import { ForgeError, Unavailable } from "../ForgeError.ts"
import { ForgeLimits, withSharedLimit } from "../ForgeLimits.ts"
import { RequestBudget } from "../RequestBudget.ts"
import { answerTimeout, isUnavailable, transient, withRateLimitWaits } from "../Retries.ts"
import { sendRedacted } from "../SameOrigin.ts"
import { aheadIn } from "../ServerTime.ts"
import { reasonOf, UnexpectedAnswer } from "./Failure.ts"
import { type GitLabOptions, hostOf } from "./Options.ts"
import { itemsOf, type Page, type PageAnswer, type PagedList } from "./Pages.ts"

/** The resources of GitLab's REST API that we call. gitbeaker's `Gitlab` would make all of its 190 for each request. */
export type GitLabResources = ReturnType<typeof makeResources>

type AnswerSchema = Schema.ConstraintDecoder<unknown>

/** One call of the REST API. */
export interface Call<S extends AnswerSchema> {
  /** Operation for error messages: `GitLab.publish acme/shop!7`. */
  readonly operation: string
  readonly ask: (gitlab: GitLabResources) => Promise<unknown>
  /** Schema of the part of the answer that we read; of one item if the answer is paged. */
  readonly answer: S
}

/** Call of a list of the REST API, page by page. */
export interface ListCall<S extends AnswerSchema>
  extends Pick<Call<S>, "operation" | "answer">, Pick<PagedList<S["Type"]>, "skipsTooLarge">
{
  readonly ask: (gitlab: GitLabResources, page: Page) => Promise<unknown>
}

/** Answer, and what its header says of the next page of a list. */
interface Heard<A> extends Pick<PageAnswer<A>, "next"> {
  readonly value: A
}

/** GitLab over HTTP: authentication, time-outs, rate limits and retries; answers checked by their schema. */
export interface GitLabClient {
  /** An idempotent request: it is repeated while GitLab is away. */
  request<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError>
  /** A request that requires a valid lease: the queue is asked right before each try. It is not repeated. */
  write<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError | RunNotWanted>
  /**
   * A request that goes with the ETag of this client's last answer to it: where nothing has changed, that answer counts
   * again.
   */
  conditional<S extends AnswerSchema>(call: Call<S>): Effect.Effect<S["Type"], ForgeError>
  /** Milliseconds by which GitLab's clock is ahead of ours, by its last answer. */
  ahead(): number
  /** All items of all pages, in order. Fails if one page fails, or all are larger than what is read. */
  pages<S extends AnswerSchema>(call: ListCall<S>): Stream.Stream<S["Type"], ForgeError>
}

/** A request as gitbeaker hands it to its requester. */
const Outgoing = Schema.Struct({
  prefixUrl: Schema.String,
  method: Schema.String,
  headers: Schema.Record(Schema.String, Schema.String),
  searchParams: Schema.optional(Schema.String),
  body: Schema.optional(Schema.String)
})

const Fields = Schema.Record(Schema.String, Schema.Unknown)
const Json = Schema.fromJsonString(Schema.Union([Schema.mutable(Schema.Array(Fields)), Fields]))

/** Reads an answer. One that is no JSON comes from something else than GitLab. */
const received = (response: Answer, text: string) => {
  if (!response.ok) throw new UnexpectedAnswer(response, text)
  const { headers, status } = response
  const shown = { status, headers: Object.fromEntries(headers) }
  if (text === "") return { ...shown, body: null }
  const read = Schema.decodeOption(Json)(text)
  if (Option.isNone(read)) throw new UnexpectedAnswer(response, text)
  return { ...shown, body: read.value }
}

/** Answer of GitLab to a request, with its ETag. */
interface CachedAnswer {
  readonly etag: string
  readonly answer: ReturnType<typeof received>
}

/** Number of answers that are kept for conditional requests. */
const answersKept = 1_000

/** Answers that are kept by their URLs. */
class AnswerCache {
  readonly #answers = new Map<string, CachedAnswer>()

  etag(url: string): string {
    return this.#answers.get(url)?.etag ?? ""
  }

  /** The answer to a conditional request: the one that is kept where nothing has changed. */
  received(url: string, response: Answer, text: string): CachedAnswer["answer"] {
    const before = this.#answers.get(url)
    if (response.status === 304 && before !== undefined) return before.answer
    const answer = received(response, text)
    const etag = response.headers.get("etag") ?? ""
    this.#answers.delete(url)
    if (etag !== "") this.#answers.set(url, { etag, answer })
    const surplus = Math.max(0, this.#answers.size - answersKept)
    for (const oldest of [...this.#answers.keys()].slice(0, surplus)) this.#answers.delete(oldest)
    return answer
  }
}

/** Circumstances of one request. */
interface RequestContext {
  readonly signal: AbortSignal
  readonly transmit: ReturnType<typeof sendRedacted>
  /** Present for a conditional request. */
  readonly kept: AnswerCache | undefined
  /** Told of each answer's headers. */
  readonly heard: (headers: Answer["headers"]) => void
}

/**
 * Sends one request of gitbeaker. Its own requester would repeat posts that may have been carried out, and follow
 * redirects to anywhere with the token.
 */
const send = (endpoint: string, options: unknown, { heard, kept, signal, transmit }: RequestContext) => {
  const { body, headers, method, prefixUrl, searchParams } = Schema.decodeUnknownSync(Outgoing)(options)
  const url = new URL(endpoint, prefixUrl.endsWith("/") ? prefixUrl : `${prefixUrl}/`)
  url.search = searchParams ?? ""
  const etag = kept?.etag(url.href)
  const sent = {
    method,
    headers: {
      ...headers,
      "user-agent": "nominal-code",
      ...(etag === undefined || etag === "" ? {} : { "if-none-match": etag })
    },
    signal,
    ...(body === undefined ? {} : { body })
  }
  return transmit(url.href, sent).then((response) => {
    heard(response.headers)
    return response.text().then((text) =>
      kept === undefined ? received(response, text) : kept.received(url.href, response, text)
    )
  })
}

const makeResources = (rest: typeof Gitbeaker, options: ConstructorParameters<typeof Gitbeaker.Gitlab<false>>[0]) => ({
  Commits: new rest.Commits(options),
  MergeRequestAwardEmojis: new rest.MergeRequestAwardEmojis(options),
  MergeRequestDiscussions: new rest.MergeRequestDiscussions(options),
  MergeRequestDraftNotes: new rest.MergeRequestDraftNotes(options),
  MergeRequestNoteAwardEmojis: new rest.MergeRequestNoteAwardEmojis(options),
  MergeRequestNotes: new rest.MergeRequestNotes(options),
  MergeRequests: new rest.MergeRequests(options),
  Metadata: new rest.Metadata(options),
  ProjectMembers: new rest.ProjectMembers(options),
  Projects: new rest.Projects(options),
  Users: new rest.Users(options)
})

/** gitbeaker, loaded when the first request is made: a process that makes none does not pay for it. */
const loadGitbeaker = (options: GitLabOptions, transmit: RequestContext["transmit"]) =>
  Effect.promise(() => Promise.all([import("@gitbeaker/rest"), import("@gitbeaker/requester-utils")])).pipe(
    Effect.map(([rest, { createRequesterFn }]) => (sending: Omit<RequestContext, "transmit">) =>
      makeResources(rest, {
        host: hostOf(options),
        token: Redacted.value(options.token),
        queryTimeout: null,
        rateLimits: {},
        requesterFn: createRequesterFn(
          (_, request) => Promise.resolve(request),
          (endpoint, request) => send(endpoint, request, { ...sending, transmit })
        )
      })
    ),
    Effect.cached
  )

/** Rate limit in the headers of an answer. gitlab.com sends it; an instance of your own may not. */
const quotaOf = (headers: Answer["headers"]): Option.Option<ForgeQuota> =>
  Option.map(
    Option.filter(Option.fromNullishOr(headers.get("ratelimit-remaining")), (text) => /^\d+$/.test(text)),
    (text) => ({ resource: headers.get("ratelimit-name") ?? "api", left: Number(text) })
  )

const describe = (error: Schema.SchemaError): Unavailable =>
  new Unavailable({
    message: `GitLab's answer is not what its API describes: ${oneLine(error.message, 300)}`
  })

export const makeGitLabClient = Effect.fnUntraced(function*(options: GitLabOptions) {
  const gitbeaker = yield* loadGitbeaker(options, sendRedacted(yield* Exchange, (yield* KnownSecrets).redactKnown))

  const answers = new AnswerCache()
  let ahead = 0
  const limits = yield* ForgeLimits

  const answered = Effect.fnUntraced(function*<S extends AnswerSchema>(
    { answer, ask }: Call<S>,
    gitlab: Effect.Success<typeof gitbeaker>,
    kept?: AnswerCache
  ) {
    const now = yield* Clock.currentTimeMillis
    let left = Option.none<ForgeQuota>()
    let next: string | undefined
    const heard = (headers: Answer["headers"]) => {
      left = quotaOf(headers)
      next = headers.get("x-next-page") ?? undefined
      ahead = aheadIn(headers.get("date"), now)
    }
    const body = yield* Effect.tryPromise({
      try: (signal) => ask(gitlab({ signal, kept, heard })),
      catch: (thrown) => reasonOf(thrown, now)
    }).pipe(
      Effect.ensuring(Effect.suspend(() => setForgeQuota("gitlab", "gitlab", left))),
      Effect.timeoutOrElse({
        duration: answerTimeout,
        orElse: () =>
          Effect.fail(new Unavailable({ message: `no answer within ${Duration.toSeconds(answerTimeout)} seconds` }))
      })
    )
    const value = yield* Effect.mapError(Schema.decodeUnknownEffect(answer)(body), describe)
    return { value, next } satisfies Heard<S["Type"]>
  })

  /** Sends a request. `before` runs before each try, when nothing has to be waited for any more. */
  const exchange = <S extends AnswerSchema, E>(
    call: Call<S>,
    repeatable: boolean,
    before: Effect.Effect<void, E>,
    kept?: AnswerCache
  ) => {
    const asError = Effect.mapError((reason: ForgeError["reason"]) =>
      new ForgeError({ operation: call.operation, reason })
    )
    return Effect.gen(function*() {
      yield* yield* RequestBudget
      const gitlab = yield* gitbeaker
      yield* before
      return yield* asError(answered(call, gitlab, kept))
    }).pipe(
      withSharedLimit(limits, "gitlab", call.operation),
      Effect.retry({ schedule: transient, while: (error) => repeatable && isUnavailable(error) }),
      withRateLimitWaits
    )
  }

  const value = <A>({ value }: Heard<A>) => value

  const client: GitLabClient = {
    request: (call) => Effect.map(exchange(call, true, Effect.void), value),
    conditional: (call) => Effect.map(exchange(call, true, Effect.void, answers), value),
    write: (call) => Effect.map(exchange(call, false, ensureWanted), value),
    ahead: () => ahead,
    pages: ({ answer, ask, operation, ...list }) =>
      itemsOf({
        operation,
        ...list,
        read: (page) =>
          Effect.map(
            exchange(
              { operation, answer: Schema.Array(answer), ask: (gitlab) => ask(gitlab, page) },
              true,
              Effect.void
            ),
            ({ next, value }) => ({ items: value, next })
          )
      })
  }
  return client
})
