import { assert, it } from "@effect/vitest"
import { redisUrl } from "@nominal-code/config/Url"
import { Effect, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const url = "redis://:hunter22@redis.nominal-code.svc.cluster.local:6379/0"

it.effect("without a Redis the data directory holds everything", () =>
  Effect.gen(function*() {
    const { redis, storage } = yield* configured({})
    assert.deepStrictEqual([storage, redis], ["sqlite", Option.none()])
  }))

for (const mode of ["serve", "run-job", "jobs"] as const) {
  it.effect(`with a Redis, ${mode} has the queue and the conversations there`, () =>
    Effect.gen(function*() {
      const { redis, storage, warnings } = yield* configured({ mode, env: { ...complete, REDIS_URL: url } })
      assert.deepStrictEqual([storage, warnings], ["redis", []])
      assert.strictEqual(Redacted.value(Option.getOrThrow(redis).url), url)
      assert.notInclude(JSON.stringify(redis), "hunter22")
    }))
}

it.effect("a Redis beside storage: memory is a contradiction, and a warning says which one counts", () =>
  Effect.gen(function*() {
    const { storage, warnings } = yield* configured({ env: { ...complete, REDIS_URL: url, NOMINAL_STORAGE: "memory" } })
    assert.strictEqual(storage, "redis")
    assert.match(warnings.join(), /^storage \(NOMINAL_STORAGE\): redis\.url \(REDIS_URL\) is set, .* kept in Redis$/)
  }))

it.effect("what is no Redis URL is refused with how to write it, and is not shown", () =>
  Effect.gen(function*() {
    for (
      const wrong of ["redis.example:6379", "http://:hunter22@redis", "redis://:hun/ter22@redis:6379", "redis:///0"]
    ) {
      const [problem = "", ...others] = yield* problems({ env: { ...complete, REDIS_URL: wrong } })
      assert.match(
        problem,
        /^redis\.url \(REDIS_URL\): the value in the environment is not a redis:\/\/ or rediss:\/\//
      )
      assert.notMatch(problem, /hun|ter22/)
      assert.deepStrictEqual(others, [])
    }
  }))

it("a Redis is named with or without a user, a port and a database, in clear or over TLS", () => {
  for (
    const right of [
      "redis://redis",
      " rediss://user:p%40ss@redis.example:6380/2 ",
      "redis://[::1]:6379",
      "redis://10.0.0.7:6379/"
    ]
  ) assert.deepStrictEqual(redisUrl.fromText(right), Option.some(right.trim()))
})

it.effect("jobs needs nothing but to know where the queue is", () =>
  Effect.gen(function*() {
    const { github, providers, storage } = yield* configured({ mode: "jobs", env: { HOME: "/home/bot" } })
    assert.deepStrictEqual([storage, github, providers], ["sqlite", Option.none(), []])
  }))
