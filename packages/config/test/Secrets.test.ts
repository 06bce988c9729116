import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { complete, configured } from "./Fixture.ts"

/** A secret for each variable that holds one, whoever uses it. */
const given = {
  GITHUB_TOKEN: "a-token-of-github",
  GITHUB_WEBHOOK_SECRET: "a-webhook-secret-of-github",
  GITHUB_APP_PRIVATE_KEY: "a-private-key-of-an-app",
  GITLAB_TOKEN: "a-token-of-gitlab",
  GITLAB_WEBHOOK_SECRET: "a-webhook-secret-of-gitlab",
  GITLAB_SIGNING_TOKEN: "whsec_YSBzaWduaW5nIHRva2VuIG9mIGdpdGxhYg==",
  REDIS_SENTINEL_PASSWORD: "a-password-of-sentinels",
  ANTHROPIC_API_KEY: "a-key-of-anthropic",
  OPENAI_API_KEY: "a-key-of-openai",
  GOOGLE_API_KEY: "a-key-of-google",
  OTEL_EXPORTER_OTLP_HEADERS: "api-key=a-key-of-a-collector"
}

for (const [name, secret] of Object.entries(given)) {
  it.effect(`what ${name} holds is a secret, whether it is used or not`, () =>
    Effect.gen(function*() {
      const { secrets } = yield* configured({ mode: "run-job", env: { ...complete, [name]: secret } })
      assert.include(secrets.map(Redacted.value), secret)
    }))
}

for (const name of ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "DATABASE_URL", "REDIS_URL"]) {
  it.effect(`the password in ${name} is a secret, as it is written and as it is meant`, () =>
    Effect.gen(function*() {
      const scheme = name === "REDIS_URL" ? "redis" : "http"
      const { secrets } = yield* configured({
        mode: "run-job",
        env: { ...complete, [name]: `${scheme}://bot:a%2Fpassword@host.example:3128` }
      })
      assert.includeMembers(secrets.map(Redacted.value), ["a%2Fpassword", "a/password"])
    }))
}

for (
  const name of [
    "GH_TOKEN",
    "CI_JOB_TOKEN",
    "NPM_TOKEN",
    "PGPASSWORD",
    "SENTRY_CREDENTIALS",
    "STRIPE_SECRET_KEY",
    "AZURE_DEVOPS_EXT_PAT",
    "MYSQL_PWD",
    "REDISCLI_AUTH",
    "SENTRY_DSN",
    "SLACK_WEBHOOK_URL"
  ]
) {
  it.effect(`what ${name} holds is a secret, though it is no setting`, () =>
    Effect.gen(function*() {
      const { secrets } = yield* configured({ env: { ...complete, [name]: "a-secret-of-another-program" } })
      assert.include(secrets.map(Redacted.value), "a-secret-of-another-program")
    }))
}

it.effect("what other variables hold is none", () =>
  Effect.gen(function*() {
    const env = { ...complete, TOKENIZER: "a-tokenizer", MONKEY: "a-monkey", PASSWORD_LENGTH: "a-length" }
    const { secrets } = yield* configured({ env })
    assert.notIncludeMembers(secrets.map(Redacted.value), ["a-tokenizer", "a-monkey", "a-length"])
  }))

it.effect("the keys within the headers of the collector are secrets, each as it is written and as it is meant", () =>
  Effect.gen(function*() {
    const headers = "authorization=Bearer%20collector-token, api-key=a%2Fcollector-key"
    const { secrets } = yield* configured({ env: { ...complete, OTEL_EXPORTER_OTLP_HEADERS: headers } })
    const meant = ["Bearer collector-token", "collector-token", "a%2Fcollector-key", "a/collector-key"]
    assert.includeMembers(secrets.map(Redacted.value), meant)
    assert.notInclude(secrets.map(Redacted.value), "Bearer")
  }))

it.effect("a secret in the configuration file is known, and what is none is not", () =>
  Effect.gen(function*() {
    const { GITHUB_WEBHOOK_SECRET: _, ...env } = complete
    const { secrets } = yield* configured({ env, yaml: "github: { webhook_secret: \"0123456789-from-a-file\" }" })
    const known = secrets.map(Redacted.value)
    assert.includeMembers(known, ["0123456789-from-a-file", "ghp_token", "sk-ant-key"])
    assert.notIncludeMembers(known, ["nominalbot", "alice,bob"])
  }))

it.effect("a Redis URL without a password is an address, and may be in the log", () =>
  Effect.gen(function*() {
    for (const url of ["redis://redis:6379/0", "rediss://a:6379,b:6379", "redis+sentinel://a:1,b:2/main"]) {
      const { secrets } = yield* configured({ env: { ...complete, REDIS_URL: url } })
      assert.notInclude(secrets.map(Redacted.value), url)
    }
    const { secrets } = yield* configured({ env: { ...complete, REDIS_URL: "redis://:a-password@redis" } })
    assert.include(secrets.map(Redacted.value), "redis://:a-password@redis")
  }))

it.effect("the user of a Redis URL with a password is a secret, and that of one without is not", () =>
  Effect.gen(function*() {
    const usersOf = (url: string) =>
      Effect.map(configured({ env: { ...complete, REDIS_URL: url } }), ({ secrets }) => secrets.map(Redacted.value))
    assert.include(yield* usersOf("redis://a-user:a-password@redis"), "a-user")
    assert.notInclude(yield* usersOf("redis://a-user@redis"), "a-user")
  }))

it.effect("the password of a Redis with several nodes, or behind sentinels, is known too", () =>
  Effect.gen(function*() {
    for (const hosts of ["redis://:node-password@a:6379,b:6379/0", "redis+sentinel://:node-password@a:1,b:2/main"]) {
      const { secrets } = yield* configured({ env: { ...complete, REDIS_URL: hosts } })
      assert.include(secrets.map(Redacted.value), "node-password")
    }
  }))
