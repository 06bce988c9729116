import { assert, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const { GITHUB_TOKEN: _, GITHUB_WEBHOOK_SECRET: __, ...neither } = complete
const token = { GITLAB_TOKEN: "glpat-token" }
const secret = { GITLAB_WEBHOOK_SECRET: "0123456789abcdef" }
const signing = { GITLAB_SIGNING_TOKEN: "whsec_MDEyMzQ1Njc4OWFiY2RlZg==" }

it.effect("GitLab is served alone, or beside GitHub, as soon as it has a token and a secret", () =>
  Effect.gen(function*() {
    for (const proof of [secret, signing, { ...secret, ...signing }]) {
      const alone = yield* configured({ env: { ...neither, ...token, ...proof } })
      assert.deepStrictEqual([Option.isSome(alone.gitlab), Option.isSome(alone.github)], [true, false])
      assert.deepStrictEqual(alone.warnings, [])
    }
    const both = yield* configured({ env: { ...complete, ...token, ...secret } })
    assert.deepStrictEqual([Option.isSome(both.gitlab), Option.isSome(both.github)], [true, true])
    assert.isTrue(Option.isNone((yield* configured({ env: complete })).gitlab))
    const job = yield* configured({ mode: "run-job", env: { ...neither, ...token } })
    assert.deepStrictEqual(Option.map(job.gitlab, ({ token }) => Redacted.value(token)), Option.some("glpat-token"))
  }))

it.effect("a server of GitLab without a secret, with a short or a misspelled one, or without a token is refused", () =>
  Effect.gen(function*() {
    const cases: ReadonlyArray<readonly [Record<string, string>, RegExp]> = [
      [token, /^gitlab\.webhook_secret: GITLAB_WEBHOOK_SECRET must be set/],
      [{ ...token, GITLAB_WEBHOOK_SECRET: "development" }, /^gitlab\.webhook_secret .* at least 16 bytes/],
      [{ ...token, GITLAB_SIGNING_TOKEN: "0123456789abcdef" }, /^gitlab\.signing_token .* is not a signing token/],
      [secret, /^gitlab\.token: GITLAB_TOKEN must be set/],
      [signing, /^gitlab\.token: GITLAB_TOKEN must be set/]
    ]
    for (const [env, expected] of cases) {
      const [problem = "", ...others] = yield* problems({ env: { ...complete, ...env } })
      assert.match(problem, expected)
      assert.deepStrictEqual(others, [])
      for (const value of Object.values(env)) assert.notInclude(problem, value)
    }
  }))

it.effect("one half of GitHub's settings beside GitLab is not taken for none", () =>
  Effect.gen(function*() {
    const { GITHUB_TOKEN: _, ...half } = complete
    assert.match((yield* problems({ env: { ...half, ...token, ...secret } }))[0] ?? "", /^github\.token: /)
  }))

it.effect("its address is its own setting, else the one that GitLab's CI sets, else gitlab.com", () =>
  Effect.gen(function*() {
    const base = (env: Record<string, string>) =>
      Effect.map(
        configured({ env: { ...neither, ...token, ...secret, ...env } }),
        ({ gitlab }) => Option.getOrThrow(gitlab).apiBase
      )
    const [own, ci] = [{ GITLAB_API_BASE: "https://git.example/x/" }, { CI_SERVER_URL: "https://ci.example" }]
    assert.strictEqual(yield* base({}), "https://gitlab.com")
    assert.strictEqual(yield* base(ci), "https://ci.example")
    assert.strictEqual(yield* base({ ...own, ...ci }), "https://git.example/x")
  }))

it.effect("a Job gets the token from its Secret, which has to have it, and the address as it is", () =>
  Effect.gen(function*() {
    const { kubernetes } = yield* configured({
      env: { ...neither, ...token, ...secret, CI_SERVER_URL: "https://ci.example", REDIS_URL: "redis://redis:6379/0" },
      yaml: "kubernetes: { image: nominal, env_from_secrets: [nominal] }"
    })
    const { environment, secretVariables } = Option.getOrThrow(kubernetes)
    assert.deepInclude(secretVariables, { name: "GITLAB_TOKEN", required: true })
    assert.deepInclude(secretVariables, { name: "GITHUB_TOKEN", required: false })
    assert.notInclude(secretVariables.map(({ name }) => name), "GITLAB_WEBHOOK_SECRET")
    assert.strictEqual(environment["CI_SERVER_URL"], "https://ci.example")
  }))
