import { assert, it } from "@effect/vitest"
import { parseRedisUrl } from "@nominal-code/domain/settings/RedisUrl"
import { backoff, hostOptions, singleOptions } from "@nominal-code/persistence/RedisOptions"
import { Option } from "effect"

const addressOf = (url: string) => Option.getOrThrow(parseRedisUrl(url))

it("over TLS, a host that has a name is asked for the certificate of that name", () => {
  const tlsOf = (url: string) => {
    const address = addressOf(url)
    return hostOptions(address, address.hosts[0]).tls
  }
  assert.deepStrictEqual(tlsOf("rediss://redis.example:6380"), { servername: "redis.example" })
  assert.deepStrictEqual(tlsOf("rediss://10.0.0.7:6380"), {})
  assert.isUndefined(tlsOf("redis://redis.example:6379"))
})

it("a connection is made anew when its server has become a replica, and for no other error", () => {
  const { reconnectOnError } = singleOptions(addressOf("redis://redis:6379"), backoff)
  assert.isTrue(reconnectOnError(new Error("READONLY You can't write against a read only replica.")))
  assert.isFalse(reconnectOnError(new Error("OOM command not allowed")))
})

it("a user and a password are sent where the URL has them", () => {
  const loginOf = (url: string) => singleOptions(addressOf(url), backoff)
  assert.deepInclude(loginOf("redis://nominal:hunter2@redis:6379/3"), {
    username: "nominal",
    password: "hunter2",
    db: 3
  })
  assert.notProperty(loginOf("redis://:hunter2@redis:6379"), "username")
  assert.notProperty(loginOf("redis://redis:6379"), "password")
})

it("waits between connections double up to two seconds, each of them at least half as long", () => {
  for (const [attempt, longest] of [[1, 50], [2, 100], [5, 800], [7, 2_000], [60, 2_000]] as const) {
    const wait = backoff(attempt)
    assert.isAtLeast(wait, longest / 2)
    assert.isAtMost(wait, longest)
  }
})
