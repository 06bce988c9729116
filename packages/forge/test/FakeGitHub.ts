import { Login, PullNumber, PullRequestRef, RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { JobId } from "@nominal-code/domain/job/Job"
import { Finding, Fingerprint } from "@nominal-code/domain/review/Finding"
import { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Clock, Duration, Effect, Redacted } from "effect"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Forge } from "../src/Forge.ts"
import * as GitHub from "../src/GitHub.ts"

/** A request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
  readonly body: unknown
}

/** An answer: JSON, or nothing at all. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** `hang`: no answer ever. `drop`: the connection is cut. */
  readonly fault?: "hang" | "drop"
}

export type Script = (request: RecordedRequest) => Answer | undefined

export interface FakeGitHub {
  readonly url: string
  readonly requests: Array<RecordedRequest>
  /** Asked first; what it has no answer for is a 404. */
  script: Script
  /** Number of calls of a route: `POST /repos/acme/shop/pulls/7/reviews`. */
  readonly calls: (route: string) => number
  /** Resolves when so many requests are here. */
  readonly arrived: (count: number) => Effect.Effect<void>
}

const send = (response: ServerResponse, { body, fault, headers, status = 200 }: Answer) => {
  if (fault === "hang") return
  if (fault === "drop") return response.destroy()
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers })
  response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body))
}

/** A real HTTP server on a free port that answers what the test scripts, and remembers what it was asked. */
export const fakeGitHub = (script: Script = () => undefined) =>
  Effect.acquireRelease(
    Effect.callback<FakeGitHub & { readonly close: () => void }>((resume) => {
      const requests: Array<RecordedRequest> = []
      let waiting: ReadonlyArray<{ readonly count: number; readonly wake: () => void }> = []
      const wakeUp = () => {
        const ready = waiting.filter(({ count }) => count <= requests.length)
        waiting = waiting.filter(({ count }) => count > requests.length)
        ready.forEach(({ wake }) => wake())
      }
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          const url = new URL(request.url ?? "/", "http://fake")
          const recorded: RecordedRequest = {
            method: request.method ?? "",
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            body: text === "" ? undefined : JSON.parse(text)
          }
          requests.push(recorded)
          send(response, fake.script(recorded) ?? { status: 404, body: { message: "Not Found" } })
          wakeUp()
        })
      })
      const fake = {
        url: "",
        requests,
        script,
        calls: (route: string) => requests.filter(({ method, path }) => `${method} ${path}` === route).length,
        arrived: (count: number) =>
          Effect.callback<void>((resume) => {
            waiting = [...waiting, { count, wake: () => resume(Effect.void) }]
            wakeUp()
          }),
        close: () => {
          server.closeAllConnections()
          server.close()
        }
      }
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo // a TCP server's address is one
        fake.url = `http://127.0.0.1:${port}`
        resume(Effect.succeed(fake))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

export const token = "ghp_0123456789abcdef"

/** The layer under test, pointed at a fake. */
export const forgeAt = (
  apiBase: string,
  options: { readonly token?: string } = {}
) =>
  GitHub.layer({
    credentials: { _tag: "Token", token: Redacted.make(options.token ?? token) },
    apiBase,
    cloneBase: "https://github.example"
  })

/** A clock on which every pause is over at once and is written down; a request's time-out never strikes. */
export const instantClock = Effect.map(Clock.Clock, (clock) => {
  const pauses: Array<number> = []
  const instant: Clock.Clock = {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeMillis: clock.currentTimeMillis,
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) =>
      Duration.toSeconds(duration) === 30 ? Effect.never : Effect.sync(() => {
        pauses.push(Duration.toSeconds(duration))
      })
  }
  return { pauses, instant }
})

/** As a run of the job does it: it looks first, and posts then. */
export const publishing = (what: ReviewDraft) =>
  Effect.gen(function*() {
    const forge = yield* Forge
    return yield* forge.publish(what, yield* forge.ownPosts(what.pullRequest, what.jobId))
  })

export const replying = (event: PullRequestEvent, body: string) =>
  Effect.gen(function*() {
    const forge = yield* Forge
    return yield* forge.reply(event, jobId, body, yield* forge.ownPosts(event.pullRequest, jobId))
  })

export const ref = new PullRequestRef({
  platform: "github",
  repo: RepoName.make("acme/shop"),
  number: PullNumber.make(7)
})
export const head = Sha.make("a".repeat(40))
export const jobId = JobId.make("0123456789abcdef0123")

export const opened = PullRequestEvent.cases.Lifecycle.make({
  kind: "pr_opened",
  pullRequest: ref,
  title: "A change",
  author: Login.make("ada"),
  headSha: head,
  headBranch: "change",
  baseBranch: "main"
})

export const mentioned = (
  fields: Pick<(typeof PullRequestEvent.cases.Comment)["Type"], "kind"> & { readonly threadId?: string }
) =>
  PullRequestEvent.cases.Comment.make({
    pullRequest: ref,
    title: "A change",
    author: Login.make("ada"),
    authorIsBot: false,
    commentId: 900,
    body: "@nominal look again",
    ...fields
  })

export const finding = (line: number, fields: Partial<ConstructorParameters<typeof Finding>[0]> = {}) =>
  new Finding({
    path: RepoPath.make("src/cart.ts"),
    line,
    side: "RIGHT",
    body: `finding at ${line}`,
    severity: "high",
    confidence: "high",
    category: "bug",
    ...fields
  })

export const comment = (line: number, fields: Parameters<typeof finding>[1] = {}) =>
  new InlineComment({
    finding: finding(line, fields),
    fingerprint: Fingerprint.make(line.toString(16).padStart(16, "0"))
  })

export const draft = (comments: ReadonlyArray<InlineComment>, fields: Partial<ReviewDraft> = {}) =>
  new ReviewDraft({
    jobId,
    pullRequest: ref,
    headSha: head,
    scope: "head",
    summary: "The summary.",
    comments,
    folded: [],
    event: opened,
    ...fields
  })
