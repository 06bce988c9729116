import { assert, it } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { keysIn, runToken, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { JobResults } from "@nominal-code/jobs/JobResults"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import * as Redis from "@nominal-code/persistence/Redis"
import { reviewed } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { emptied, type RedisServer, redisSuite, shared, start } from "@nominal-code/testing/RedisServer"
import { elsewhere } from "@nominal-code/testing/RedisStore"
import { Effect, Fiber, Layer, Option, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import { jobResultsSuite, runOf, waiting } from "./jobResultsSuite.ts"

const name = "0123456789abcdef0123:1"
const stored = JSON.stringify(reviewed)

redisSuite("results of jobs in Redis", () => {
  const server = shared()
  const results = Layer.merge(Layer.fresh(RedisJobResults.layer), elsewhere)
  const store = results.pipe(Layer.provideMerge(emptied(server)))

  jobResultsSuite("Redis", store)

  it.effect("a result that is stored and never signalled is found within half a minute", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const fiber = yield* waiting(runOf(1))
      yield* command("set", `nc:result:${name}`, stored)
      yield* quiet
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), reviewed)
    }).pipe(Effect.provide(store)))

  it.effect("a result that another run has put there is ignored, and the run's own takes its place", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const keys = keysIn(Redacted.make("the-key-of-the-servers-and-of-nobody-else"))
      const ofServer = yield* Layer.build(
        Layer.fresh(RedisJobResults.layer).pipe(Layer.provide(Layer.succeed(SigningKeys, keys)))
      )
      const run = runOf(1)
      const fiber = yield* Effect.provide(waiting(run), ofServer)
      for (const token of [undefined, runToken(keys, run.id, 2), "0".repeat(64)]) {
        yield* command("del", `nc:result:${name}`)
        yield* JobResults.use(({ report }) => report({ ...run, token }, reviewed))
        yield* quiet
        assert.isUndefined(fiber.pollUnsafe())
      }
      yield* JobResults.use(({ report }) => report({ ...run, token: runToken(keys, run.id, 1) }, reviewed))
      assert.deepStrictEqual(yield* Fiber.join(fiber), reviewed)
      // The process of a run that is older than the key has none.
      yield* command("set", `nc:result:${name}`, stored)
      assert.deepStrictEqual(
        yield* Effect.provide(Effect.flatMap(waiting({ ...run, isTokenless: true }), Fiber.join), ofServer),
        reviewed
      )
    }).pipe(Effect.provide(store)))

  it.effect("a signal without a result means nothing", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const fiber = yield* waiting(runOf(1))
      yield* command("publish", `nc:done:${name}`, "succeeded")
      yield* quiet
      assert.isUndefined(fiber.pollUnsafe())
    }).pipe(Effect.provide(store)))

  it.effect("a result is stored before it is signalled, and forgotten after a day", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const { subscribe } = yield* Redis.Redis
      const signals = yield* subscribe(`nc:done:${name}`)
      const found = yield* signals.pipe(
        Stream.take(1),
        Stream.mapEffect(() => command("get", `nc:result:${name}`)),
        Stream.runCollect,
        Effect.forkScoped
      )
      yield* JobResults.use(({ report }) => report(runOf(1), reviewed))
      assert.deepStrictEqual(yield* Fiber.join(found), [stored])
      const left = yield* command("pttl", `nc:result:${name}`)
      assert.isTrue(typeof left === "number" && left > 86_390_000 && left <= 86_400_000, `${left} ms`)
    }).pipe(Effect.provide(store)))

  it.effect("what a run waits for is told to who listens to it, and stored nowhere", () =>
    Effect.gen(function*() {
      const { command } = yield* server
      const { tellWait, waits } = yield* JobResults
      const told = yield* Effect.forkScoped(Stream.runCollect(Stream.take(yield* waits(runOf(1)), 2)))
      yield* tellWait(runOf(2), Option.some(ServiceName.make("model:openai")))
      yield* command("publish", `nc:done:${name}`, "waits for nothing that there is")
      yield* tellWait(runOf(1), Option.some(ServiceName.make("model:anthropic")))
      assert.deepStrictEqual(yield* Fiber.join(told), [Option.none(), Option.some("model:anthropic")])
      assert.strictEqual(yield* command("dbsize"), 0)
    }).pipe(Effect.provide(store)))

  const killing = (server: RedisServer) => server.command("client", "kill", "type", "pubsub")

  it.live("a result whose signal fell into the loss of the connection is found when the connection is back", () =>
    Effect.gen(function*() {
      const here = yield* server
      const fiber = yield* waiting(runOf(1))
      yield* killing(here)
      yield* here.command("set", `nc:result:${name}`, stored)
      assert.deepStrictEqual(yield* Effect.timeout(Fiber.join(fiber), "20 seconds"), reviewed)
    }).pipe(Effect.provide(store)))

  it.live("whoever waits and whoever reports survive the death of Redis", () =>
    Effect.gen(function*() {
      const own = yield* start()
      const layer = results.pipe(Layer.provide(Layer.fresh(Redis.layer(own.url))))
      yield* Effect.gen(function*() {
        const { report } = yield* JobResults
        const fiber = yield* waiting(runOf(1))
        yield* own.kill
        const reporting = yield* Effect.forkScoped(report(runOf(1), reviewed))
        yield* Effect.sleep("200 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* own.start
        yield* Fiber.join(reporting)
        assert.deepStrictEqual(yield* Effect.timeout(Fiber.join(fiber), "20 seconds"), reviewed)
      }).pipe(Effect.provide(layer))
    }))
})
