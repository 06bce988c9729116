import { ensureWanted, type RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Effect, Option, Schema, type Stream } from "effect"
import { ForgeError } from "../ForgeError.ts"
import { pagesWithin, withinListSize } from "../ListSize.ts"
import type { GitHubAuth } from "./Auth.ts"
import {
  type AnswerSchema,
  type AnswerWithHeaders,
  type Call,
  describe,
  type GitHubTransport,
  type LocatedAnswer,
  makeTransport
} from "./Transport.ts"

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
  /** All items of all pages, in order. Fails if one page fails, or all are more than what is read: `most` pages. */
  pages<S extends AnswerSchema>(call: Call<S>, most?: number): Stream.Stream<S["Type"], ForgeError>
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

/** Page of a list, and the cursor of the next one. */
export interface CursorPage<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<string>
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

/** Conditional requests, and the answers that they can spare. */
const makeConditional = ({ exchange }: GitHubTransport): GitHubClient["conditional"] => {
  const kept = new Map<string, AnswerWithHeaders<unknown>>()
  const keep = (key: string, answered: AnswerWithHeaders<unknown>) => {
    kept.delete(key)
    if (answered.etag !== "") kept.set(key, answered)
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - answersKept))) kept.delete(oldest)
  }

  /** Makes a conditional request. The kept answer is decoded by each caller, so it has no type here. */
  return Effect.fnUntraced(function*<S extends AnswerSchema>(
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
}

export const makeGitHubClient = Effect.fnUntraced(function*(apiBase: string, auth: GitHubAuth) {
  const transport = yield* makeTransport(apiBase, auth)
  const { ahead, exchange } = transport

  const graphqlCall = <S extends AnswerSchema>({ text, variables, ...call }: GraphQlCall<S>): Call<S> => ({
    ...call,
    route: `POST ${graphqlUrl(apiBase)}`,
    parameters: { query: text, variables },
    repeatable: true
  })

  const client: GitHubClient = {
    request: (call) => Effect.map(exchange(call), ({ data }) => data),

    ahead,

    located: (call) => exchange(call),

    write: (call) => Effect.map(exchange(call, ensureWanted), ({ data }) => data),

    conditional: makeConditional(transport),

    pages: (call, most) =>
      pagesWithin({ operation: call.operation, ...(most === undefined ? {} : { most }) }, 1, (page) =>
        exchange({
          ...call,
          answer: Schema.Array(call.answer),
          parameters: { ...call.parameters, per_page: pageSize, page }
        }).pipe(Effect.map(({ data, link }) => {
          const more = data.length === pageSize || link.includes("rel=\"next\"")
          return [data, more ? Option.some(page + 1) : Option.none()] as const
        }))).pipe(withinListSize(call.operation)),

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
