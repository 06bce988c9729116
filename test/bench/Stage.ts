import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Deferred, Effect, FileSystem, Schedule, Schema } from "effect"
import { NotMeasured } from "./Figure.ts"
import type { Volley } from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Program from "./Program.ts"

export const botName = "nominalbot"
/** Account that opens the pull requests. */
export const author = "priya"

/** Of every hook. */
export const secret = "a secret of more than sixteen bytes"

/** Addresses of the services that `serve` uses. */
export interface ServiceAddresses {
  /** GitHub's API. */
  readonly forge: string
  /** The bot's token. */
  readonly token: string
  readonly model: string
}

/** The settings of a `serve` or a `run-job` with a data directory of its own. */
export const environment = Effect.fn("Stage.environment")(function*({ forge, model, token }: ServiceAddresses) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const settings: Program.Environment = {
    ANTHROPIC_API_KEY: "bench",
    ANTHROPIC_BASE_URL: model,
    GITHUB_TOKEN: token,
    GITHUB_API_BASE: forge,
    GITHUB_WEBHOOK_SECRET: secret,
    REVIEWER_BOT_USERNAME: botName,
    REVIEWER_TRIGGERS: "pr_opened",
    ALLOWED_USERS: author,
    AGENT_PROVIDER: "anthropic",
    JOBS_MAX_CONCURRENT: "1",
    NOMINAL_DATA_DIR: `${directory}/data`,
    WORKSPACE_BASE_DIR: `${directory}/workspace`
  }
  return settings
})

/** A server that takes every request and answers none. */
export const silent = Effect.gen(function*() {
  const { origin, server } = yield* listenScoped
  const asked = yield* Deferred.make<void>()
  server.on("request", (request) => {
    request.resume()
    Deferred.doneUnsafe(asked, Effect.void)
  })
  return { origin, asked: Deferred.await(asked) }
})

const placeholder = "1000000"

/** An emulated forge with one pull request that can be reviewed, and `waiting` more that can only wait. */
export const make = Effect.fn("Stage.make")(function*(waiting: number) {
  const emulator = yield* GitHubEmulator.make({ checkAnswers: false })
  const repository = yield* emulator.addRepository("bench/shop", [{
    message: "Begin",
    files: { "shop.ts": "export const open = false\n" }
  }])
  const pull = yield* emulator.openPullRequest({
    repository,
    author,
    commits: [{ message: "Open the shop", files: { "shop.ts": "export const open = true\n" } }]
  })
  // Each has a head of its own, as pull requests have.
  const numbered = (number: number): PullRequest => ({
    ...pull,
    id: emulator.state.nextId(),
    number,
    headSha: `${pull.headSha.slice(0, -placeholder.length)}${number}`
  })
  const first = Number(placeholder) + 1
  // Nobody looks at their code: they are the first one's.
  for (let number = first; number < first + waiting; number += 1) emulator.state.pulls.push(numbered(number))
  const template = JSON.stringify(
    emulator.payload({ event: "pull_request", action: "opened", pull: numbered(Number(placeholder)) })
  )
  return {
    emulator,
    pull,
    /** Makes the deliveries to a server: each volley is about the next of the pull requests that wait. */
    volleys: (url: string) => {
      let next = first
      return (count: number, pace: Pace): Volley => {
        next += count
        return { url, secret, template, placeholder, first: next - count, count, pace }
      }
    }
  }
})

export type Stage = Effect.Success<ReturnType<typeof make>>

/** A `serve` whose one slot is taken by a review that waits for its model: whatever is delivered next has to wait. */
export const occupied = Effect.fn("Stage.occupied")(function*(
  { emulator, pull }: Stage,
  program: Program.Program,
  extra: Program.Environment = {}
) {
  const model = yield* silent
  const settings = yield* environment({
    forge: emulator.apiBase,
    token: emulator.account(botName).token,
    model: model.origin
  })
  const serve = yield* Program.serve(program, { ...settings, ...extra })
  yield* emulator.deliver({ event: "pull_request", action: "opened", pull }, { url: serve.webhook, secret })
  yield* model.asked.pipe(Effect.timeoutOrElse({
    duration: "20 seconds",
    orElse: () => Effect.fail(serve.failed("no review reached its model"))
  }))
  return serve
})

const Depth = Schema.fromJsonString(Schema.Struct({ waiting: Schema.Int, running: Schema.Int }))

/** Number of jobs that a `serve` has. */
export const depth = Effect.fn("Stage.depth")(function*({ url }: Program.Serve) {
  const body = yield* Effect.tryPromise((signal) => fetch(`${url}/ready`, { signal }).then((answer) => answer.text()))
  return yield* Schema.decodeEffect(Depth)(body)
}, Effect.mapError(({ message }) => new NotMeasured({ message: `/ready does not tell the depth: ${message}` })))

/** Until a `serve` has no job left. */
export const untilDone = (serve: Program.Serve) =>
  depth(serve).pipe(
    Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: ({ running, waiting }) => running + waiting === 0 }),
    Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => Effect.fail(serve.failed("serve does not come to an end with its jobs"))
    })
  )
