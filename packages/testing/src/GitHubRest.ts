import { Effect } from "effect"
import { type Answer, type Api, type Call, type Handlers, Refusal } from "./GitHubApi.ts"
import { appRoutes } from "./GitHubAppRoutes.ts"
import { checkRoutes } from "./GitHubCheckRoutes.ts"
import { type Operation, requestErrors, responseErrors } from "./GitHubContract.ts"
import { issueRoutes, reactionRoutes } from "./GitHubIssueRoutes.ts"
import type { GitHubJournal } from "./GitHubJournal.ts"
import { pullRoutes } from "./GitHubPullRoutes.ts"
import { reviewCommentRoutes, reviewRoutes } from "./GitHubReviewRoutes.ts"

/** An answer that is ready to be written. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request to the REST API, with its path as GitHub's description has it. */
export interface RestRequest extends Omit<Call, "params"> {
  readonly method: string
  readonly path: string
}

const maxPageSize = 100

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: JSON.stringify(body)
})

/** GitHub's form of an error. */
export const problem = (status: number, message: string, errors?: ReadonlyArray<unknown>): Reply =>
  json(status, {
    message,
    ...(errors === undefined ? {} : { errors }),
    documentation_url: "https://docs.github.com/rest",
    status: String(status)
  })

/** One page of a list whose pages have cursors. Source: "List deliveries for an app webhook", its `link` header. */
const cursorPage = (list: ReadonlyArray<unknown>, url: string, query: URLSearchParams): Reply => {
  const size = Math.min(Number(query.get("per_page") ?? 30), maxPageSize)
  const start = Number((query.get("cursor") ?? "v1_0").slice(3))
  const end = start + size
  const to = new URLSearchParams(query)
  to.set("cursor", `v1_${end}`)
  return json(200, list.slice(start, end), end < list.length ? { link: `<${url}?${to}>; rel="next"` } : {})
}

const page = (list: ReadonlyArray<unknown>, url: string, query: URLSearchParams): Reply => {
  const size = Math.min(Number(query.get("per_page") ?? 30), maxPageSize)
  const current = Math.max(1, Number(query.get("page") ?? 1))
  const last = Math.max(1, Math.ceil(list.length / size))
  const link = (number: number, rel: string) => {
    const to = new URLSearchParams(query)
    to.set("page", String(number))
    return `<${url}?${to}>; rel="${rel}"`
  }
  const links = [
    ...(current > 1 ? [link(current - 1, "prev"), link(1, "first")] : []),
    ...(current < last ? [link(current + 1, "next"), link(last, "last")] : [])
  ]
  return json(200, list.slice((current - 1) * size, current * size), links.length > 0 ? { link: links.join(", ") } : {})
}

const reply = (answer: Answer, url: string, query: URLSearchParams): Reply => {
  if ("list" in answer) {
    return answer.paging === "cursor" ? cursorPage(answer.list, url, query) : page(answer.list, url, query)
  }
  if ("text" in answer) return { status: 200, headers: { "content-type": "text/plain" }, body: answer.text }
  return "body" in answer ? json(answer.status, answer.body) : { status: answer.status, headers: {}, body: "" }
}

/** The REST API: each request and each answer is held against GitHub's own description of it. */
export const makeRest = (api: Api, journal: GitHubJournal, more: Handlers = {}) => {
  const handlers: Handlers = {
    ...appRoutes(api),
    ...checkRoutes(api),
    ...pullRoutes(api),
    ...reviewRoutes(api),
    ...reviewCommentRoutes(api),
    ...issueRoutes(api),
    ...reactionRoutes(api),
    ...more
  }

  const refuse = ({ method, path }: RestRequest, status: number, message: string, errors: ReadonlyArray<string>) => {
    journal.violation({ by: "client", method, path, errors })
    return problem(status, message, errors)
  }

  const run = Effect.fnUntraced(function*(operation: Operation, request: RestRequest) {
    const { method, path, query } = request
    const handler = handlers[operation.id]
    if (handler === undefined) return refuse(request, 501, "Not emulated", [`${operation.id} is not emulated`])
    const answer = yield* handler({ ...request, params: operation.params })
    const ready = reply(answer, `${api.wire.apiBase}${path}`, query)
    const wrong = !api.options.checkAnswers || "text" in answer || ready.body === ""
      ? []
      : responseErrors(operation, ready.status, JSON.parse(ready.body))
    if (wrong.length > 0) journal.violation({ by: "emulator", method, path, errors: wrong })
    return ready
  })

  return (operation: Operation | undefined, request: RestRequest): Effect.Effect<Reply> => {
    const { body, method, path, query } = request
    if (operation === undefined) {
      return Effect.succeed(refuse(request, 404, "Not Found", [`GitHub has no ${method} ${path}`]))
    }
    const errors = requestErrors(operation, query, body)
    if (errors.length > 0) return Effect.succeed(refuse(request, 422, "Validation Failed", errors))
    return Effect.catch(run(operation, request), (error) =>
      Effect.succeed(
        error instanceof Refusal
          ? problem(error.status, error.message, error.errors)
          : problem(500, error.message)
      ))
  }
}
