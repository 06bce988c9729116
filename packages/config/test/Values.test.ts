import { assert, describe, it } from "@effect/vitest"
import { settings } from "@nominal-code/config/Settings"
import { Duration, Effect, Option } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const cluster = { ...complete, K8S_IMAGE: "image", REDIS_URL: "redis://redis:6379" }

const podEnvironment = (env: Readonly<Record<string, string>>, yaml = "") =>
  Effect.map(
    configured({ env: { ...cluster, ...env }, yaml }),
    ({ kubernetes }) => Option.getOrThrow(kubernetes).environment
  )

describe("the value of a setting", () => {
  it.effect("is the command line's, else the environment's, else the file's, else the default", () =>
    Effect.gen(function*() {
      const yaml = "webhook: { port: 1 }"
      const env = { ...complete, WEBHOOK_PORT: "2" }
      const flags = { "webhook.port": 3 }
      const portOf = (given: Parameters<typeof configured>[0]) =>
        Effect.map(configured(given), ({ webhook }) => webhook.port)
      assert.strictEqual(yield* portOf({ flags, env, yaml }), 3)
      assert.strictEqual(yield* portOf({ env, yaml }), 2)
      assert.strictEqual(yield* portOf({ yaml }), 1)
      assert.strictEqual(yield* portOf({}), settings.webhook.port.absent)
    }))

  it.effect("is not an empty one: it counts as not set, and what comes next holds", () =>
    Effect.gen(function*() {
      const given = {
        env: { ...complete, WEBHOOK_HOST: "", NOMINAL_STORAGE: "" },
        yaml: "webhook: { host: localhost }"
      }
      const { storage, webhook } = yield* configured(given)
      assert.deepStrictEqual([webhook.host, storage], ["localhost", "sqlite"])
    }))

  it.effect("is the one of its first path where a file has both", () =>
    Effect.gen(function*() {
      const yaml = "agent: { max_turns: 3, reviewer: { max_turns: 5 } }"
      assert.strictEqual((yield* configured({ yaml })).review.reviewer.maxTurns, 5)
      assert.strictEqual((yield* configured({ yaml: "agent: { max_turns: 3 }" })).review.reviewer.maxTurns, 3)
    }))

  it.effect("is a time span where the file has seconds or hours", () =>
    Effect.gen(function*() {
      const yaml = "jobs: { deadline_seconds: 90 }\nworkspace: { max_age_hours: 2 }\nredis: { key_ttl_seconds: \"60\" }"
      const { conversationTtl, jobs, workspace } = yield* configured({ yaml })
      assert.deepStrictEqual(
        [jobs.deadline, workspace.maxAge, conversationTtl].map((span) => Duration.toMinutes(span)),
        [1.5, 120, 1]
      )
    }))
})

describe("a wrong value in a message", () => {
  it.effect("is cut, and of a URL it shows neither user, query nor fragment", () =>
    Effect.gen(function*() {
      const shown = (text: string) =>
        Effect.map(problems({ env: { ...complete, GITHUB_API_BASE: text } }), ([problem = ""]) => problem)
      const url = yield* shown("https://bot:s3cret@ghe.example/api/v3?token=s3cret#s3cret")
      assert.include(url, "\"https://***@ghe.example/api/v3?***\" in the environment is not an https URL")
      assert.notInclude(url, "s3cret")
      assert.include(yield* shown("x".repeat(200)), `"${"x".repeat(80)}…" in the environment`)
    }))

  it.effect("that is a map, a list or nothing is named as such", () =>
    Effect.gen(function*() {
      const of = (value: string) => Effect.map(problems({ yaml: `jobs: { max_attempts: ${value} }` }), ([line]) => line)
      const expected = "in FILE is not a whole number from 1 to 100"
      for (const [value, shown] of [["[1, \"a\"]", "[1, \"a\"]"], ["{}", "a map"], ["true", "true"]] as const) {
        const line = (yield* of(value)) ?? ""
        assert.include(line.replace(/\/\S+\/config\.yaml/, "FILE"), `${shown} ${expected}`)
      }
    }))

  it.effect("is told once, however many settings follow from it", () =>
    Effect.gen(function*() {
      const found = yield* problems({ env: { ...complete, GITHUB_TOKEN: "two words" } })
      assert.deepStrictEqual(found.filter((line) => line.startsWith("github.token ")).length, 1)
    }))
})

describe("what a pod is given of it", () => {
  it.effect("is the text that was given, from wherever it came, and nothing where the default holds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* podEnvironment({}), {})
      assert.deepStrictEqual(
        yield* podEnvironment({ LOG_LEVEL: "debug" }, "redis: { key_ttl_seconds: 60 }\ngithub: { installation_id: 7 }"),
        { GITHUB_INSTALLATION_ID: "7", LOG_LEVEL: "debug", REDIS_KEY_TTL_SECONDS: "60" }
      )
    }))

  it.effect("reads there as it does here", () =>
    Effect.gen(function*() {
      const here = yield* configured({ env: cluster, yaml: "github: { api_base: \"https://ghe.example/api/v3/\" }" })
      const environment = Option.getOrThrow(here.kubernetes).environment
      const there = yield* configured({ mode: "run-job", env: { ...complete, ...environment } })
      assert.deepStrictEqual(
        Option.map(there.github, ({ apiBase, cloneBase }) => [apiBase, cloneBase]),
        Option.map(here.github, ({ apiBase, cloneBase }) => [apiBase, cloneBase])
      )
    }))
})

describe("a wrong value that another one overrides", () => {
  const warningsOf = (given: Parameters<typeof configured>[0]) =>
    Effect.map(
      configured(given),
      ({ warnings }) => warnings.map((warning) => warning.replace(/\/\S+\/config\.yaml/, "FILE"))
    )

  it.effect("is a warning that names both places, and the other one holds", () =>
    Effect.gen(function*() {
      const given = { env: { ...complete, WEBHOOK_PORT: "2" }, yaml: "webhook: { port: http }" }
      assert.strictEqual((yield* configured(given)).webhook.port, 2)
      const mistake = "is not a whole number from 0 to 65535. It has no effect while"
      assert.deepStrictEqual(yield* warningsOf(given), [
        `webhook.port (WEBHOOK_PORT): "http" in FILE ${mistake} the environment has another`
      ])
      const flags = { "webhook.port": 3 }
      assert.deepStrictEqual(yield* warningsOf({ env: { ...complete, WEBHOOK_PORT: "two" }, flags }), [
        `webhook.port (WEBHOOK_PORT): "two" in the environment ${mistake} the command line has another`
      ])
    }))

  it.effect("is not shown if it is a secret", () =>
    Effect.gen(function*() {
      const [warning = ""] = yield* warningsOf({ yaml: "github: { token: two words }" })
      assert.match(warning, /^github\.token \(GITHUB_TOKEN\): the value in FILE is not /)
      assert.notInclude(warning, "two words")
    }))

  it.effect("is one also where its type is right: a provider that is none, a secret that is too short", () =>
    Effect.gen(function*() {
      const secret = "GITLAB_WEBHOOK_SECRET_16"
      const warnings = yield* warningsOf({
        env: {
          ...complete,
          GITLAB_TOKEN: "glpat",
          GITLAB_WEBHOOK_SECRET: secret,
          AGENT_PROVIDER: "anthropic",
          AGENT_FALLBACK: "anthropic/claude-x",
          AGENT_RATES: "{\"anthropic\":{\"concurrent\":3}}"
        },
        yaml: "agent: { provider: antropic, fallback: [\"opnai/gpt\"], rates: { gogle: { concurrent: 1 } } }\n" +
          "gitlab: { webhook_secret: short }\ngithub: { webhook_secret: s3cret }"
      })
      const idle = "It has no effect while the environment has another"
      const found = warnings.map((warning) => warning.replace(/Available: [\w, -]+\. /, ""))
      for (
        const expected of [
          `agent.reviewer.provider (AGENT_PROVIDER): "antropic" in FILE names no provider that is known. ${idle}`,
          `agent.fallback (AGENT_FALLBACK): ["opnai/gpt"] in FILE names no provider that is known. ${idle}`,
          `agent.rates (AGENT_RATES): a map in FILE names no provider that is known. ${idle}`,
          `github.webhook_secret (GITHUB_WEBHOOK_SECRET): the value in FILE has fewer than 16 bytes. ${idle}`,
          `gitlab.webhook_secret (GITLAB_WEBHOOK_SECRET): the value in FILE has fewer than 16 bytes. ${idle}`
        ]
      ) assert.include(found, expected)
      assert.notMatch(warnings.join(), /s3cret|short/)
    }))

  it.effect("is one also where it is the placeholder of an example", () =>
    Effect.gen(function*() {
      const yaml = [
        "github: { token: ghp_your-token, webhook_secret: change-me-to-your-own }",
        "redis: { url: \"redis://:your-password@redis:6379\" }"
      ].join("\n")
      const env = { ...complete, REDIS_URL: "redis://redis:6379" }
      const idle = "It has no effect while the environment has another"
      assert.deepStrictEqual(
        yield* warningsOf({ env, yaml }),
        [
          "github.token (GITHUB_TOKEN)",
          "github.webhook_secret (GITHUB_WEBHOOK_SECRET)",
          "redis.url (REDIS_URL)"
        ].map((setting) => `${setting}: the value in FILE is the placeholder of an example. ${idle}`)
      )
    }))

  it.effect("is no warning where it is right, or empty", () =>
    Effect.gen(function*() {
      const env = { ...complete, WEBHOOK_PORT: "2", WEBHOOK_HOST: "localhost" }
      assert.deepStrictEqual(yield* warningsOf({ env, yaml: "webhook: { port: 3, host: \"\" }" }), [])
    }))
})
