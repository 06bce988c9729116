/**
 * Works a durable queue with a runner of your own. What was accepted is kept in the directory, or in Redis, until it has
 * been done: kill the program and start it again, and it goes on where it was.
 *
 *     node docs/examples/queue-worker.ts <directory or redis://…> <owner/name> <number> [<number> …]
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Duration, Effect, Layer, Redacted, Schedule } from "effect"
import {
  InProcessRunner,
  type Job,
  jobOfHead,
  JobOutcome,
  JobQueue,
  JobRecords,
  layerRedis,
  layerServiceBreakers,
  layerSqlite,
  NoticeOutcome,
  PullNumber,
  PullRequestRef,
  QueueWorker,
  RedisQueue,
  RepoName,
  Sha,
  SqliteQueue
} from "nominal-code"

const [place = "./data", repository = "acme/shop", ...numbers] = process.argv.slice(2)

/** The commit to review, which a forge would name. */
const headSha = Sha.make("0".repeat(40))

/** Runs one attempt of a job. Whatever goes wrong is in its outcome: `Failed` is tried again, `Postponed` waits. */
const run = (job: Job) =>
  Effect.as(
    Console.log(`reviewing ${job.event.pullRequest}`),
    JobOutcome.cases.Reviewed.make({ headSha, findings: 0, alreadyPosted: false })
  )

const Runner = InProcessRunner.layer({
  review: run,
  notice: (_job, notice) => Effect.as(Console.log(`given up: ${notice._tag}`), NoticeOutcome.cases.Told.make({})),
  // The services whose outage keeps a job from being started: `forge:github`, `model:anthropic`.
  needs: () => []
})

// Several processes can share a queue in Redis.
const Queue = place.startsWith("redis")
  ? RedisQueue.layer.pipe(Layer.provide(layerRedis(Redacted.make(place))))
  : SqliteQueue.layer.pipe(Layer.provide(layerSqlite(place)))

const Worker = QueueWorker.layer({
  maxConcurrent: 4,
  maxAttempts: 3,
  deadline: Duration.minutes(10),
  giveUpAfter: Duration.hours(24),
  gracePeriod: Duration.seconds(30)
}).pipe(
  Layer.provide([Runner, layerServiceBreakers]),
  Layer.provideMerge(Queue),
  Layer.provide(NodeServices.layer)
)

const jobFor = (number: number) =>
  jobOfHead({
    ref: new PullRequestRef({
      platform: "github",
      repo: RepoName.make(repository),
      number: PullNumber.make(number)
    }),
    title: "Add a cart",
    headSha,
    headBranch: "cart",
    baseBranch: "main"
  })

const program = Effect.gen(function*() {
  const queue = yield* JobQueue
  const { depth } = yield* JobRecords
  for (const number of numbers) {
    const { _tag: offered } = yield* queue.offer(jobFor(Number(number)))
    yield* Console.log(`${repository}#${number}: ${offered}`)
  }
  const isEmpty = Effect.map(depth, ({ running, waiting }) => running + waiting === 0)
  yield* Effect.repeat(isEmpty, { schedule: Schedule.spaced("100 millis"), until: (empty) => empty })
})

NodeRuntime.runMain(Effect.provide(program, Worker))
