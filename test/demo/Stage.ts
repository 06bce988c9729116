import { command } from "@nominal-code/testing/Command"
import type { GitHubEvent } from "@nominal-code/testing/GitHubDeliveries"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { now } from "@nominal-code/testing/GitHubState"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Data, Effect, FileSystem, Option, Schedule, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { randomBytes } from "node:crypto"
import { env, execPath } from "node:process"
import type * as Model from "./Model.ts"
import { type PostedReview, postedReview } from "./Posted.ts"
import { makeSteps } from "./Steps.ts"
import { openStorefront, type Storefront } from "./Storefront.ts"
import * as Terminal from "./Terminal.ts"

/** The demo did not get where it should. */
export class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly message: string }> {}

/** Account that reviews. */
export const botName = "nominalbot"

/** Person who wrote the pull request. */
const author = "priya"

const isIdle = (url: string) =>
  Effect.tryPromise((signal) => fetch(`${url}/ready`, { signal }).then((response) => response.text())).pipe(
    Effect.map((text) => text.includes("\"waiting\":0,\"running\":0,")),
    Effect.orElseSucceed(() => false)
  )

/**
 * The emulated forge with its one pull request, the model, and a `serve` that can be killed and started again on its
 * port and its data. What happens on the way of a review is printed as it happens.
 */
export const make = Effect.fn("Stage.make")(function*(model: Model.DemoModel, opened: Storefront) {
  const files = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const emulator = yield* GitHubEmulator.make({ checkAnswers: false })
  const pull = yield* openStorefront(emulator, opened)
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-demo-" })
  const secret = randomBytes(24).toString("hex")
  const environment = {
    ...model.env,
    GITHUB_TOKEN: emulator.account(botName).token,
    GITHUB_API_BASE: emulator.apiBase,
    GITHUB_WEBHOOK_SECRET: secret,
    REVIEWER_BOT_USERNAME: botName,
    REVIEWER_TRIGGERS: "pr_opened,pr_push",
    ALLOWED_USERS: author,
    NOMINAL_DATA_DIR: `${directory}/data`,
    WORKSPACE_BASE_DIR: `${directory}/workspace`
  }

  let storefront = opened
  let diff = yield* emulator.files(pull)
  let process: ServeProcess.ServeProcess | undefined
  let steps = makeSteps()
  let deliveredAt = now()

  const tell = (happened: ReturnType<typeof steps.rest>) =>
    Effect.forEach(happened, (step) => Terminal.step(step, deliveredAt), { discard: true })
  const requests = emulator.journal.pipe(
    Stream.filter(({ login }) => login === botName),
    Stream.map((record) => steps.onRequest(record))
  )
  yield* model.journal.pipe(
    Stream.map((turn) => steps.onTurn(turn)),
    Stream.merge(requests),
    Stream.runForEach(tell),
    Effect.forkScoped({ startImmediately: true })
  )

  const start = Effect.gen(function*() {
    const startedAt = now()
    const port = process === undefined ? {} : { port: Number(new URL(process.url).port) }
    process = yield* ServeProcess.start({ ...port, env: environment })
    return { ...process, readyAfter: now() - startedAt }
  })

  const running = Effect.suspend(() =>
    process === undefined ? Effect.fail(new DemoFailed({ message: "serve was not started" })) : Effect.succeed(process)
  )

  /** Prints what happens from now on under a title. */
  const begin = Effect.fnUntraced(function*(title: string) {
    steps = makeSteps()
    deliveredAt = now()
    yield* Terminal.title(title)
  })

  const deliver = Effect.fnUntraced(function*(event: GitHubEvent) {
    const startedAt = now()
    const { body, status } = yield* emulator.deliver(event, { url: (yield* running).webhook, secret })
    const detail = `${status} ${body}`
    if (status !== 202) return yield* new DemoFailed({ message: `serve did not accept the delivery: ${detail}` })
    yield* Terminal.step({ what: "Delivery accepted", detail, startedAt, endedAt: now() }, deliveredAt)
  })

  /** Waits, as long as the model may take, until something is so, and fails when `serve` ends. */
  const until = Effect.fnUntraced(function*<A, E, R>(what: string, look: Effect.Effect<Option.Option<A>, E, R>) {
    const serve = yield* running
    const found = look.pipe(Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: Option.isSome }))
    const patience = model.patience
    const orElse = () =>
      Effect.fail(new DemoFailed({ message: [`no ${what} within ${patience}`, ...serve.log.slice(-8)].join("\n  ") }))
    const seen = yield* Effect.raceFirst(found, serve.died).pipe(Effect.timeoutOrElse({ duration: patience, orElse }))
    return yield* Effect.fromOption(seen)
  })

  /** The review as it is posted now; undefined while there is none. */
  const posted = (): PostedReview | undefined => postedReview(emulator, pull, botName, diff)

  const firstReview = Effect.gen(function*() {
    const review = posted()
    if (review !== undefined) return Option.some(review)
    const [comment] = emulator.state.issueCommentsOf(pull)
    if (comment === undefined) return Option.none()
    return yield* new DemoFailed({ message: `no inline review, but a comment:\n${comment.body}` })
  })

  const checkHonesty = Effect.suspend(() => {
    const wrong = [
      ...emulator.violations.map(({ errors, method, path }) => `${method} ${path}: ${errors.join("; ")}`),
      ...model.violations
    ]
    return wrong.length === 0
      ? Effect.void
      : Effect.fail(new DemoFailed({ message: `the real services would have refused:\n${wrong.join("\n")}` }))
  })

  /** Waits until no job waits or runs. */
  const settled = Effect.gen(function*() {
    const { url } = yield* running
    yield* until("end of the job", Effect.map(isIdle(url), (idle) => idle ? Option.some(idle) : Option.none()))
    yield* tell(steps.rest())
    diff = yield* emulator.files(pull)
    yield* checkHonesty
  })

  return {
    author,
    emulator,
    model,
    pull,
    start,
    running,
    begin,
    deliver,
    posted,
    settled,
    checkHonesty,
    files: () => storefront,
    log: Effect.map(running, ({ log }) => log),
    /** Waits for the first review. */
    reviewed: Effect.tap(Effect.suspend(() => until("review", firstReview)), () => tell(steps.rest())),
    /** Pushes a commit and delivers the event of it. */
    push: Effect.fnUntraced(function*(message: string, changed: Readonly<Record<string, string>>) {
      storefront = { ...storefront, head: { ...storefront.head, ...changed } }
      const before = yield* emulator.push(pull, [{ message, author: "Priya Raman", files: changed }])
      yield* deliver({ event: "pull_request", action: "synchronize", pull, before })
    }),
    /** Runs `nominal-code` beside the server, on its data; answers with what it prints. */
    command: Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
      const variables = { PATH: env["PATH"], HOME: env["HOME"], COLUMNS: String(Terminal.tableWidth), ...environment }
      return yield* spawner.string(ChildProcess.make(execPath, [command, ...args], { env: variables, stdin: "ignore" }))
    })
  }
})

/** The world of the demo. */
export type Stage = Effect.Success<ReturnType<typeof make>>
