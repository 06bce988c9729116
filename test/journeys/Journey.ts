import { NodeServices } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { GitHubEvent } from "@nominal-code/testing/GitHubDeliveries"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Context, Data, type Duration, Effect, FileSystem, Layer, Option, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { leaksIn, leaksUnder, type Secrets } from "./Canaries.ts"

/** The account that reviews. */
export const bot = "nominalbot"

/** Account that may ask for a review. */
export const people = ["mara", "priya"]

/** Something that was waited for did not happen. */
class NeverHappened extends Data.TaggedError("NeverHappened")<{ readonly message: string }> {}

const often = Schedule.spaced("25 millis")

/** Waits until there is something to see. */
export const eventually = <A, E, R>(
  what: string,
  look: Effect.Effect<Option.Option<A>, E, R>,
  patience: Duration.Input = "60 seconds"
) =>
  look.pipe(
    Effect.repeat({ schedule: often, until: Option.isSome }),
    Effect.map(Option.getOrThrow),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(new NeverHappened({ message: `it was waited in vain for ${what}` }))
    })
  )

/** Waits until something holds. */
export const until = (what: string, holds: () => boolean, patience?: Duration.Input) =>
  eventually(what, Effect.sync(() => holds() ? Option.some(true) : Option.none()), patience)

/** An answer of the model that comes when the test says so. */
export const stalled = (answer: ScriptedModel.ModelAnswer) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  const script: ScriptedModel.Script = () => {
    asked += 1
    return { ...answer, until: promise }
  }
  return {
    script,
    asked: until("the model to be asked", () => asked > 0),
    release: Effect.sync(resolve)
  }
}

/** `owner/name#7`, as the model's requests name it. */
export const nameOf = ({ number, repository }: PullRequest): string => `${repository.fullName}#${number}`

/** Differences of the world around `serve` from the usual. */
export interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly emulator?: Parameters<typeof GitHubEmulator.make>[0]
  /** Another build of the command than this repository's sources. */
  readonly bin?: string
  /** Provider of the model. */
  readonly provider?: ProviderName
}

/**
 * The world of one journey: an emulated forge, a scripted model, and a `serve` that can be started in it, more than
 * once, on the same data directory. All of it is gone with the scope.
 */
export const make = Effect.fn("Journey.make")(function*(options: Options) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-journey-" })
  const emulator = yield* GitHubEmulator.make(options.emulator)
  const model = yield* ScriptedModel.make
  const secrets: Secrets = {
    token: emulator.account(bot).token,
    webhookSecret: randomBytes(24).toString("hex"),
    apiKey: `sk-ant-api03-${randomBytes(40).toString("base64url")}`
  }
  const dataDir = `${directory}/data`
  // The store as any other process may open it: what it says of a job is what is stored.
  const opened = yield* Layer.build(SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(dataDir))))
  const queue = storeIn(opened)

  const environment = {
    ...ScriptedModel.variables(model.url, options.provider ?? "anthropic", secrets.apiKey),
    ALLOWED_USERS: people.join(","),
    GITHUB_API_BASE: emulator.apiBase,
    GITHUB_TOKEN: secrets.token,
    GITHUB_WEBHOOK_SECRET: secrets.webhookSecret,
    NOMINAL_DATA_DIR: dataDir,
    REVIEWER_BOT_USERNAME: bot,
    REVIEWER_TRIGGERS: "pr_opened,pr_push",
    WORKSPACE_BASE_DIR: `${directory}/workspace`,
    ...options.env
  }

  const start = (env: Readonly<Record<string, string>> = {}) =>
    ServeProcess.start({
      env: { ...environment, ...env },
      ...(options.bin === undefined ? {} : { bin: options.bin }),
      patience: "60 seconds"
    })

  const deliver = (event: GitHubEvent, serve: Pick<ServeProcess.ServeProcess, "webhook">, delivery?: string) =>
    emulator.deliver(event, {
      url: serve.webhook,
      secret: secrets.webhookSecret,
      ...(delivery === undefined ? {} : { delivery })
    })

  /** Delivers what has to be accepted; answers with its job. */
  const send = Effect.fnUntraced(function*(event: GitHubEvent, serve: Pick<ServeProcess.ServeProcess, "webhook">) {
    const { body, status } = yield* deliver(event, serve)
    assert.strictEqual(status, 202, body)
    return JobId.make(JSON.parse(body).job)
  })

  /** The job as it is stored, once it has ended. */
  const ended = (job: JobId, patience?: Duration.Input) =>
    eventually(
      `the end of job ${job}`,
      Effect.map(queue.find(job), Option.filter(({ state }: JobRecord) => state !== "waiting" && state !== "running")),
      patience
    )

  /** Service that a job waits for, once it does, and the failure that told so. */
  const waits = (job: JobId) =>
    eventually(
      `job ${job} to wait for a service`,
      Effect.map(
        queue.find(job),
        Option.flatMap(({ failure, waitsFor }) =>
          Option.map(Option.all({ failure, waitsFor }), ({ failure, waitsFor }) => ({ failure, until: 0, ...waitsFor }))
        )
      )
    )

  const written = (pull: PullRequest): ReadonlyArray<string> =>
    [
      ...emulator.state.reviews.filter((review) => review.pull === pull),
      ...emulator.state.reviewCommentsOf(pull),
      ...emulator.state.issueCommentsOf(pull)
    ].filter(({ author, body }) => author.login === bot && body !== "").map(({ body }) => body)

  const honesty = (isMeant: (violation: { readonly path: string }) => boolean) =>
    Effect.sync(() => {
      assert.deepStrictEqual(emulator.violations.filter(isMeant), [])
      assert.deepStrictEqual(model.violations, [])
      assert.deepStrictEqual(model.unanswered, [])
    })

  return {
    directory,
    emulator,
    environment,
    model,
    queue,
    secrets,
    start,
    deliver,
    send,
    ended,
    waits,
    /** Decides what the model says about one pull request; the newest script of all is asked first. */
    script: (pull: PullRequest, script: ScriptedModel.Script): void =>
      model.script((request) => request.pull === nameOf(pull) ? script(request) : undefined),
    /** Requests to the model and its answers, turn by turn. */
    turns: (pull: PullRequest) => model.turns.filter(({ request }) => request.pull === nameOf(pull)),
    /** Requests to the model about a pull request, all messages of each as one text. */
    asked: (pull: PullRequest): ReadonlyArray<string> => {
      const about = new RegExp(`pull request #${pull.number} on (?:<[^>]+>)?${pull.repository.fullName}\\b`, "i")
      return model.mock.getRequests().map(({ body }) => JSON.stringify(body)).filter((text) => about.test(text))
    },
    /** All that the bot has written on a pull request. */
    written,
    /** Waits for the one text on a pull request that is no review, and says so. */
    told: Effect.fnUntraced(function*(pull: PullRequest, why: RegExp) {
      yield* until("the pull request to be told", () => written(pull).length > 0)
      const [text = "", ...more] = written(pull)
      assert.deepStrictEqual(more, [])
      assert.match(text, why)
      // The marker of a review names its commit.
      assert.match(text, /<!-- nominal-code job=[0-9a-f]{20} -->$/)
      assert.deepStrictEqual(emulator.state.reviews.filter((review) => review.pull === pull), [])
    }),
    /** Places of our secrets, which should be nowhere: in the log, at the forge, at the model, on the disk. */
    leaks: (log: ReadonlyArray<string>): ReadonlyArray<string> => [
      ...leaksIn(secrets, "the log", log.join("\n")),
      ...emulator.requests.flatMap(({ body, path, query }) =>
        leaksIn(secrets, `a request to ${path}`, JSON.stringify([path, query, body]))
      ),
      ...model.mock.getRequests().flatMap(({ body }) =>
        leaksIn(secrets, "a request to the model", JSON.stringify(body))
      ),
      ...leaksUnder(secrets, directory)
    ],
    /** Fails when GitHub or the provider would have refused anything, or the model was asked what nobody scripted. */
    checkHonesty: honesty(() => true),
    /** The same, for one pull request of many. */
    checkHonestyAbout: ({ repository }: PullRequest) =>
      honesty(({ path }) => !path.startsWith("/repos/") || path.startsWith(`/repos/${repository.fullName}/`))
  }
}, Effect.provide(NodeServices.layer))

/** The world of one journey. */
export type Journey = Effect.Success<ReturnType<typeof make>>

/** A world with a `serve` in it that several tests use, each with pull requests of its own. */
export class RunningJourney extends Context.Service<RunningJourney, {
  readonly journey: Journey
  readonly serve: ServeProcess.ServeProcess
  /** Delivers what has to be accepted, and waits until its job has ended. */
  run(event: GitHubEvent): Effect.Effect<JobRecord, unknown>
}>()("nominal-code/test/Running") {}

export const running = (options: Options = {}) =>
  Layer.effect(
    RunningJourney,
    Effect.gen(function*() {
      const journey = yield* make(options)
      const serve = yield* journey.start()
      return { journey, serve, run: (event) => Effect.flatMap(journey.send(event, serve), journey.ended) }
    })
  )
