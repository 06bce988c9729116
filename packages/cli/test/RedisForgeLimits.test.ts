import { assert, it } from "@effect/vitest"
import { ForgeLimits } from "@nominal-code/forge/ForgeLimits"
import * as Redis from "@nominal-code/persistence/Redis"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Duration, Effect, Layer, Schedule, Schema } from "effect"
import * as RedisForgeLimits from "../src/RedisForgeLimits.ts"

it.effect("a limit that is over is none", () =>
  Effect.gen(function*() {
    const leftFor = (pttl: number) => {
      const redis = Layer.mock(Redis.Redis, {
        send: (_operation, reply) => Effect.orDie(Schema.decodeEffect(reply)(pttl))
      })
      return Effect.provide(
        Effect.map(Effect.flatMap(ForgeLimits, ({ left }) => left("github")), Duration.toMillis),
        Layer.provide(RedisForgeLimits.layer, redis)
      )
    }
    // -2: there is no such key.
    assert.deepStrictEqual(yield* Effect.forEach([-2, 0, 50, 300_000], leftFor), [0, 0, 50, 300_000])
  }))

redisSuite("the limits of the forges in Redis", () => {
  const server = shared({ aof: false })
  /** The limits as a process of its own sees them. */
  const process = Effect.flatMap(
    server,
    ({ url }) =>
      Effect.map(
        Layer.build(Layer.fresh(Layer.provide(RedisForgeLimits.layer, Layer.fresh(Redis.layer(url))))),
        Context.get(ForgeLimits)
      )
  )

  it.live("are heard by every process, the longer one counts, and each ends by the clock of Redis", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* process, yield* process]
      assert.isTrue(Duration.isZero(yield* other.left("github")))
      yield* one.heard("github", Duration.minutes(5))
      yield* one.heard("github", Duration.seconds(1))
      const left = Duration.toSeconds(yield* other.left("github"))
      assert.isTrue(left > 200 && left <= 300, `${left} seconds`)
      assert.isTrue(Duration.isZero(yield* other.left("github:acme")))
      yield* one.heard("gitlab", Duration.millis(300))
      yield* Effect.repeat(other.left("gitlab"), { until: Duration.isZero, schedule: Schedule.spaced("20 millis") })
    }).pipe(Effect.scoped))
})
