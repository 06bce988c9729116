import { assert, it } from "@effect/vitest"
import { check, type RedisServerInfo } from "@nominal-code/persistence/RedisServerInfo"
import { Effect, Logger, Result } from "effect"

const address = "redis://redis:6379/0"

/** Refusal of a server, and what is logged of it. */
const checked = (info: RedisServerInfo) =>
  Effect.gen(function*() {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => {
      logged.push(String(message))
    })
    const answer = yield* Effect.result(check(info, address)).pipe(Effect.provide(Logger.layer([logger])))
    return [Result.isFailure(answer) ? answer.failure.message : "", ...logged]
  })

it.effect.each<RedisServerInfo>([
  {},
  { redis_version: "7.0.0", maxmemory_policy: "noeviction", aof_enabled: "1" },
  { redis_version: "10.2.1" }
])("a server with %j will do", (info) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* checked(info), [""])
  }))

it.effect.each<readonly [RedisServerInfo, RegExp]>([
  [
    { redis_version: "6.2.14", aof_enabled: "0" },
    /^redis:\/\/redis:6379\/0: Redis 6\.2\.14 is too old, 7 is the oldest that will do$/
  ],
  [
    { redis_version: "7.0.0", maxmemory_policy: "allkeys-lru" },
    /throws keys away .*\(maxmemory-policy allkeys-lru\).*: set maxmemory-policy noeviction$/
  ],
  [{ maxmemory_policy: "volatile-ttl" }, /maxmemory-policy volatile-ttl/]
])("a server with %j is refused, and warned of for nothing else", ([info, message]) =>
  Effect.gen(function*() {
    const [refusal = "", ...logged] = yield* checked(info)
    assert.match(refusal, message)
    assert.deepStrictEqual(logged, [])
  }))

it.effect("a server that does not write its data to disk is taken, with a warning", () =>
  Effect.gen(function*() {
    const [refusal, warning = "", ...others] = yield* checked({ redis_version: "8.0.0", aof_enabled: "0" })
    assert.deepStrictEqual([refusal, others], ["", []])
    assert.match(
      warning,
      /^redis:\/\/redis:6379\/0 does not write its data to disk .*accepted jobs are LOST\. Set appendonly yes$/
    )
  }))
