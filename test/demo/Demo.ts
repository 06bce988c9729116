import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { now, type PullRequest } from "@nominal-code/testing/GitHubState"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Data, Deferred, Effect, FileSystem, Option, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { randomBytes } from "node:crypto"
import * as Model from "./Model.ts"
import { type Figures, renderPage } from "./Page.ts"
import { type PostedReview, postedReview } from "./Posted.ts"
import { makeSteps } from "./Steps.ts"
import { openStorefront, readStorefront } from "./Storefront.ts"
import * as Terminal from "./Terminal.ts"

/** The demo did not get where it should. */
class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly message: string }> {}

export interface DemoOptions {
  /** Ends when the review is on the pull request, in place of showing it until Ctrl-C. */
  readonly once: boolean
  /** Reviews with the real model in place of the scripted one. */
  readonly live: boolean
}

const botName = "nominalbot"

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

const startServe = Effect.fnUntraced(
  function*(emulator: GitHubEmulator.GitHubEmulator, model: Model.DemoModel, secret: string) {
    const files = yield* FileSystem.FileSystem
    const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-demo-" })
    return yield* ServeProcess.start({
      env: {
        ...model.env,
        GITHUB_TOKEN: emulator.account(botName).token,
        GITHUB_API_BASE: emulator.apiBase,
        GITHUB_WEBHOOK_SECRET: secret,
        REVIEWER_BOT_USERNAME: botName,
        REVIEWER_TRIGGERS: "pr_opened",
        ALLOWED_USERS: "priya",
        NOMINAL_DATA_DIR: `${directory}/data`,
        WORKSPACE_BASE_DIR: `${directory}/workspace`
      }
    })
  }
)

/** Tells every step as it happens; what it answers with is the review, once that is on the pull request. */
const watch = Effect.fnUntraced(
  function*(
    emulator: GitHubEmulator.GitHubEmulator,
    model: Model.DemoModel,
    pull: PullRequest,
    deliveredAt: () => number
  ) {
    const done = yield* Deferred.make<PostedReview, DemoFailed>()
    const files = yield* emulator.files(pull)
    const steps = makeSteps()
    const tell = (happened: ReturnType<typeof steps.rest>) =>
      Effect.forEach(happened, (step) => Terminal.step(step, deliveredAt()), { discard: true })

    const settle = Effect.suspend(() => {
      const posted = postedReview(emulator, pull, botName, files)
      if (posted !== undefined) return Effect.andThen(tell(steps.rest()), Deferred.succeed(done, posted))
      const [comment] = emulator.state.issueCommentsOf(pull)
      if (comment === undefined) return Effect.void
      return Deferred.fail(done, new DemoFailed({ message: `no inline review, but a comment:\n${comment.body}` }))
    })

    const requests = emulator.journal.pipe(
      Stream.filter(({ login }) => login === botName),
      Stream.map((record) => steps.onRequest(record))
    )
    yield* model.journal.pipe(
      Stream.map((turn) => steps.onTurn(turn)),
      Stream.merge(requests),
      Stream.runForEach((happened) => Effect.andThen(tell(happened), settle)),
      Effect.forkScoped({ startImmediately: true })
    )
    return done
  }
)

const checkHonesty = ({ violations }: GitHubEmulator.GitHubEmulator, model: Model.DemoModel) => {
  const wrong = [
    ...violations.map(({ errors, method, path }) => `${method} ${path}: ${errors.join("; ")}`),
    ...model.violations
  ]
  return wrong.length === 0
    ? Effect.void
    : Effect.fail(new DemoFailed({ message: `the real services would have refused:\n${wrong.join("\n")}` }))
}

const servePage = Effect.fnUntraced(function*(posted: PostedReview, figures: Figures) {
  const { origin, server } = yield* listenScoped
  const page = renderPage(posted, figures)
  server.on("request", ({ url }, response) => {
    if (url === "/") response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page)
    else response.writeHead(404).end()
  })
  return origin
})

const deliver = Effect.fnUntraced(
  function*(
    emulator: GitHubEmulator.GitHubEmulator,
    pull: PullRequest,
    serve: ServeProcess.ServeProcess,
    secret: string
  ) {
    const startedAt = now()
    const event = { event: "pull_request", action: "opened", pull } as const
    const { body, status } = yield* emulator.deliver(event, { url: serve.webhook, secret })
    const detail = `${status} ${body}`
    if (status !== 202) return yield* new DemoFailed({ message: `serve did not accept the delivery: ${detail}` })
    yield* Terminal.step({ what: "Delivery accepted", detail, startedAt, endedAt: now() }, startedAt)
  }
)

/** Fails where git is missing, with what to do. */
const checkGit = Effect.scoped(
  Effect.flatMap(
    ChildProcessSpawner.ChildProcessSpawner,
    (spawner) => spawner.exitCode(ChildProcess.make`git --version`)
  )
).pipe(
  Effect.mapError(() =>
    new DemoFailed({
      message: "git is not on the PATH: install git 2.39 or newer (https://git-scm.com/downloads), and start again"
    })
  )
)

/** A pull request with seeded bugs, from webhook to inline comments, on this machine alone. */
export const demo = Effect.fn("demo")(function*({ live, once }: DemoOptions) {
  yield* checkGit
  const storefront = readStorefront()
  const model = yield* live ? Model.live : Model.scripted(storefront)
  yield* Terminal.title("Nominal Code, from webhook to inline review")

  const emulator = yield* GitHubEmulator.make({ checkAnswers: false })
  const pull = yield* openStorefront(emulator, storefront)
  yield* Terminal.fact("GitHub", `emulated on ${emulator.origin}, REST and git over HTTP`)
  yield* Terminal.fact(
    "Pull request",
    `${pull.repository.fullName}#${pull.number} “${pull.title}” by ${pull.author.login}`
  )
  yield* Terminal.fact("Model", model.name)

  const secret = randomBytes(24).toString("hex")
  const startedAt = now()
  const serve = yield* startServe(emulator, model, secret)
  yield* Terminal.fact(
    "nominal-code serve",
    `process ${serve.pid} on ${serve.url}, ready after ${seconds(now() - startedAt)}`
  )

  const deliveredAt = now()
  yield* Terminal.title("pull_request.opened is delivered")
  const reviewed = yield* watch(emulator, model, pull, () => deliveredAt)
  yield* deliver(emulator, pull, serve, secret)
  const patience = live ? "15 minutes" : "1 minute"
  const posted = yield* Effect.raceFirst(Deferred.await(reviewed), serve.died).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(
          new DemoFailed({ message: [`no review within ${patience}`, ...serve.log.slice(-8)].join("\n  ") })
        )
    })
  )
  const took = now() - deliveredAt
  yield* checkHonesty(emulator, model)

  const thought = Option.match(model.thought(), {
    onNone: () => "",
    onSome: (millis) => `, ${seconds(millis)} of them the model's`
  })
  yield* Terminal.note(`${posted.comments.length} inline comments in ${seconds(took)}${thought}`)
  yield* Terminal.review(posted)
  const figures: Figures = [["from delivery to review", seconds(took)], ...model.figures(serve.log)]
  yield* Terminal.figures(figures)
  if (once) return
  const origin = yield* servePage(posted, figures)
  yield* Terminal.title(`The review in its place: ${origin}`)
  yield* Terminal.note("Ctrl-C ends the demo")
  return yield* Effect.never
}, Effect.scoped)
