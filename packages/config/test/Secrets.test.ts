import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { complete, configured } from "./Fixture.ts"

it.effect("every secret that the process was given is known, whether it is used or not, and the passwords in URLs", () =>
  Effect.gen(function*() {
    const { secrets } = yield* configured({
      mode: "run-job",
      env: {
        ...complete,
        OPENAI_API_KEY: "sk-not-used",
        GITLAB_TOKEN: "glpat-not-served",
        REDIS_URL: "redis://:a%2Fpassword@redis:6379/0",
        HTTPS_PROXY: "http://bot:proxy-password@proxy:3128"
      },
      yaml: "github: { webhook_secret: \"0123456789-from-a-file\" }"
    })
    const known = secrets.map(Redacted.value)
    for (const secret of ["ghp_token", "sk-ant-key", "sk-not-used", "glpat-not-served", "0123456789abcdef"]) {
      assert.include(known, secret)
    }
    assert.includeMembers(known, ["a%2Fpassword", "a/password", "proxy-password"])
    assert.notIncludeMembers(known, ["nominalbot", "alice,bob"])
  }))

it.effect("the password of a Redis with several nodes, or behind sentinels, is known too", () =>
  Effect.gen(function*() {
    for (const hosts of ["redis://:node-password@a:6379,b:6379/0", "redis+sentinel://:node-password@a:1,b:2/main"]) {
      const { secrets } = yield* configured({ env: { ...complete, REDIS_URL: hosts } })
      assert.include(secrets.map(Redacted.value), "node-password")
    }
  }))
