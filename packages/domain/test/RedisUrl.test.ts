import { assert, it } from "@effect/vitest"
import { holdsPassword, parseRedisUrl, withoutLogin } from "@nominal-code/domain/settings/RedisUrl"
import { Option } from "effect"

const parsed = (url: string) => Option.getOrThrow(parseRedisUrl(url))

it("a URL names one server, some nodes of a cluster, or the sentinels of a primary", () => {
  assert.deepStrictEqual(parsed("redis://redis"), {
    tls: false,
    hosts: [{ host: "redis", port: 6379 }],
    group: Option.none(),
    username: "",
    password: "",
    database: 0
  })
  assert.deepStrictEqual(parsed("rediss://user:p%40ss@a:7000,[::1]:7001,c/2"), {
    tls: true,
    hosts: [{ host: "a", port: 7000 }, { host: "::1", port: 7001 }, { host: "c", port: 6379 }],
    group: Option.none(),
    username: "user",
    password: "p@ss",
    database: 2
  })
  const sentinels = parsed("redis+sentinel://:secret@s1,s2:5000/my-primary/3")
  assert.deepStrictEqual(sentinels.hosts, [{ host: "s1", port: 26_379 }, { host: "s2", port: 5000 }])
  assert.deepStrictEqual([sentinels.group, sentinels.database], [Option.some("my-primary"), 3])
})

it("what is none of these is no Redis URL", () => {
  for (
    const wrong of [
      "redis:///0",
      "http://redis",
      "redis://a,,b",
      "redis://a:x",
      "redis://a/name",
      "redis+sentinel://a",
      "redis://a?password=x",
      "redis://:%zz@a",
      "redis://:p@ss@a"
    ]
  ) assert.deepStrictEqual(parseRedisUrl(wrong), Option.none(), wrong)
})

it("a URL is shown without its user and its password", () => {
  const url = "rediss://user:p%40ss@a:6380,b/2"
  assert.strictEqual(withoutLogin(url), "rediss://a:6380,b/2")
  assert.isTrue(holdsPassword(url))
  assert.isFalse(holdsPassword("redis://user@a:6380,b/2"))
})
