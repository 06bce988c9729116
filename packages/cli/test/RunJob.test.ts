import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { payloadKey, payloadReference, PayloadStore } from "@nominal-code/jobs/PayloadStore"
import * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
import * as Redis from "@nominal-code/persistence/Redis"
import { compileCache, startOf } from "@nominal-code/testing/Command"
import * as Scene from "@nominal-code/testing/GitHubScene"
import { redisSuite, start } from "@nominal-code/testing/RedisServer"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Deferred, Effect, FileSystem, Layer, Redacted, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { runWith } from "./RunCommand.ts"

const payloadOf = ({ pull }: Effect.Success<typeof Scene.scene>) =>
  Schema.encodeEffect(JobPayloadJson)({
    version: 2,
    run: 1,
    job: Scene.jobOf(pull)
  })

/** A `run-job` whose model thinks without end, and whose server waits for its outcome in Redis. */
const thinking = Effect.gen(function*() {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const redis = yield* start({ aof: false })
  const scene = yield* Scene.scene
  const model = yield* ScriptedModel.make
  const asked = yield* Deferred.make<void>()
  model.script(() => {
    Deferred.doneUnsafe(asked, Effect.void)
    return { text: "", until: new Promise(() => {}) }
  })
  const env = {
    PATH: process.env["PATH"],
    HOME: directory,
    ...compileCache,
    WORKSPACE_BASE_DIR: `${directory}/workspace`,
    REVIEW_JOB_PAYLOAD: yield* payloadOf(scene),
    REDIS_URL: Redacted.value(redis.url),
    REVIEWER_BOT_USERNAME: scene.bot.login,
    GITHUB_TOKEN: scene.bot.token,
    GITHUB_API_BASE: scene.emulator.apiBase,
    ...ScriptedModel.variables(model.url, "anthropic", "a-key-that-is-long-enough")
  }
  const child = yield* spawner.spawn(
    ChildProcess.make(process.execPath, startOf(["run-job"], env), {
      env,
      stdin: "ignore",
      forceKillAfter: "1 second"
    })
  )
  const stopping = yield* Deferred.make<void>()
  yield* Effect.forkScoped(
    Stream.runForEach(
      Stream.splitLines(Stream.decodeText(child.stderr)),
      (line) =>
        line.includes("it was stopped before the review was done")
          ? Deferred.succeed(stopping, undefined)
          : Effect.void
    )
  )
  const terminate = Effect.sync(() => process.kill(child.pid, "SIGTERM"))
  return { asked: Deferred.await(asked), child, redis, scene, stopping: Deferred.await(stopping), terminate }
})

redisSuite("run-job", () => {
  it.live("runs no payload that has taken the place of the one that its server stored", () =>
    Effect.gen(function*() {
      const redis = yield* start({ aof: false })
      const job = Scene.jobOf((yield* Scene.scene).pull)
      const payload = yield* Schema.encodeEffect(JobPayloadJson)({ version: 2, run: 1, job })
      const key = payloadKey(job.id, payload.replace("version", "Version"))
      yield* PayloadStore.use(({ put }) => put(key, payload)).pipe(
        Effect.provide(RedisPayloadStore.layer.pipe(Layer.provide(Redis.layer(redis.url))))
      )
      const { code, stderr } = yield* runWith(
        {
          GITHUB_TOKEN: "t".repeat(40),
          ANTHROPIC_API_KEY: "k".repeat(40),
          REDIS_URL: Redacted.value(redis.url),
          REVIEWER_BOT_USERNAME: "bot"
        },
        "run-job",
        "--payload",
        payloadReference(key)
      )
      assert.strictEqual(code, 1)
      assert.include(stderr, `the job payload redis:${key} in the Redis of REDIS_URL is not the one that the server`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("waits for a Redis that is away to report that it was stopped, until a second SIGTERM ends it at once", () =>
    Effect.gen(function*() {
      const { asked, child, redis, scene, stopping, terminate } = yield* thinking
      yield* asked
      yield* redis.freeze
      yield* terminate
      yield* stopping
      assert.isTrue(yield* child.isRunning)
      yield* terminate
      assert.strictEqual(Number(yield* child.exitCode), 143)
      assert.deepStrictEqual(scene.emulator.state.reviews, [])
      yield* redis.thaw
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
