import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { StoreError } from "@nominal-code/persistence/StoreError"
import * as Scene from "@nominal-code/testing/GitHubScene"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { freshQueue } from "@nominal-code/testing/RedisStore"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { ConfigProvider, Effect, FileSystem, Redacted, Schema, Stream } from "effect"
import { runJob } from "../src/commands/RunJob.ts"
import { isWanted } from "../src/RunWanted.ts"

const job = push(laneOf(1), "a")

const answering = (answer: Effect.Effect<boolean, StoreError>) =>
  JobResults.of({
    report: () => Effect.void,
    listen: () => Effect.succeed(Effect.never),
    tellWait: () => Effect.void,
    waits: () => Effect.succeed(Stream.empty),
    isWanted: () => answer
  })

it.effect("a pod's run is wanted as the store says, and not where the store cannot be asked", () =>
  Effect.gen(function*() {
    const away = new StoreError({
      operation: "JobResults.isWanted",
      message: "connection refused",
      reason: "unavailable"
    })
    assert.isTrue(yield* isWanted(answering(Effect.succeed(true)), { job, run: 1 }))
    assert.isFalse(yield* isWanted(answering(Effect.succeed(false)), { job, run: 1 }))
    assert.isFalse(yield* isWanted(answering(Effect.fail(away)), { job, run: 1 }))
  }))

it.effect("a run that no server waits for is wanted, and nobody is asked", () =>
  Effect.gen(function*() {
    assert.isTrue(yield* isWanted(answering(Effect.die("asked")), { job }))
  }))

redisSuite("run-job", () => {
  const server = shared({ aof: false })

  it.live("does nothing for a job that was cancelled since its server started it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { bot, emulator, pull } = yield* Scene.scene
      const model = yield* ScriptedModel.make
      const queue = yield* JobQueue
      const job = Scene.jobOf(pull)
      yield* queue.offer(job)
      yield* queue.take(job.lane)
      yield* QueueAdmin.use((admin) => admin.cancel(job.id))
      const env = {
        NOMINAL_DATA_DIR: yield* fs.makeTempDirectoryScoped(),
        REDIS_URL: Redacted.value((yield* server).url),
        REVIEWER_BOT_USERNAME: bot.login,
        GITHUB_TOKEN: bot.token,
        GITHUB_API_BASE: emulator.apiBase,
        LOG_LEVEL: "FATAL",
        ...ScriptedModel.variables(model.url, "anthropic", "a-key-that-is-long-enough")
      }
      const payload = yield* Schema.encodeEffect(JobPayloadJson)({ version: 2, run: 1, job })
      const error = yield* Effect.flip(
        Effect.provideService(runJob(payload), ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
      )
      assert.match(error.message, /another process has the job by now, or it was cancelled/)
      assert.deepStrictEqual([model.turns.length, emulator.state.reviews.length], [0, 0])
    }).pipe(Effect.provide(freshQueue(server)), Effect.scoped, Effect.provide(NodeServices.layer)))
})
