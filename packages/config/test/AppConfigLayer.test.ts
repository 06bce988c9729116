import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { AppConfig } from "@nominal-code/config/AppConfig"
import { layer } from "@nominal-code/config/AppConfigLayer"
import { settings } from "@nominal-code/config/Settings"
import { defaults, valuesOf } from "@nominal-code/config/Values"
import { ConfigProvider, Duration, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

it.effect("a token, a secret, a bot, a user and a key are all that serve needs", () =>
  Effect.gen(function*() {
    const config = yield* configured({})
    assert.deepStrictEqual(config.dataDir, "/home/bot/.local/state/nominal-code")
    assert.strictEqual(config.storage, "sqlite")
    assert.deepStrictEqual(config.webhook, { allowUnsigned: false, host: "0.0.0.0", port: 8080 })
    assert.deepStrictEqual(config.jobs, {
      maxConcurrent: 2,
      maxAttempts: 3,
      giveUpAfter: Duration.hours(24),
      deadline: Duration.minutes(10),
      gracePeriod: Duration.seconds(30),
      signingKey: Option.none()
    })
    assert.deepStrictEqual(config.workspace, {
      baseDir: "/home/bot/.local/state/nominal-code/workspace",
      maxBytes: 10 * 1024 ** 3,
      maxAge: Duration.hours(168)
    })
    assert.deepStrictEqual(config.policy, {
      botUsername: "nominalbot",
      allowedUsers: ["alice", "bob"],
      allowedRepos: [],
      allowedAssociations: [],
      allowedAccessLevel: "none",
      require: "anyone",
      titleIncludeTags: [],
      titleExcludeTags: [],
      filters: valuesOf(defaults)(settings.filters),
      reviewLabel: "nominal:review",
      triggers: []
    })
    assert.strictEqual(config.review.maxCostUsd, 2)
    assert.deepStrictEqual(config.conversationTtl, Duration.days(1))
    assert.strictEqual(config.logLevel, "Info")
    assert.deepStrictEqual(config.warnings, [])
  }))

it.effect("the environment beats the file, the file beats the default, and a flag beats both", () =>
  Effect.gen(function*() {
    const yaml = "jobs: { max_concurrent: 3, max_attempts: 4, deadline_seconds: 60 }"
    const env = { ...complete, JOBS_MAX_CONCURRENT: "5", JOBS_MAX_ATTEMPTS: "6" }
    const { jobs } = yield* configured({ yaml, env, flags: { "jobs.max_concurrent": 7 } })
    assert.deepStrictEqual([jobs.maxConcurrent, jobs.maxAttempts, Duration.toSeconds(jobs.deadline)], [7, 6, 60])
  }))

it.effect("an empty variable overrides nothing", () =>
  Effect.gen(function*() {
    const yaml = "agent: { reviewer: { max_turns: 3 } }\nreviewer: { inline_suggestions: false }"
    const env = { ...complete, AGENT_MAX_TURNS: "", AGENT_EXPLORER_MAX_TURNS: "", INLINE_SUGGESTIONS: "" }
    const { review } = yield* configured({ yaml, env })
    assert.deepStrictEqual([review.reviewer.maxTurns, review.inlineSuggestions], [3, false])
    const defaults = yield* configured({ env })
    assert.deepStrictEqual([defaults.review.reviewer.maxTurns, defaults.review.explorer.maxTurns], [8, 32])
    assert.isTrue(defaults.review.inlineSuggestions)
  }))

it.effect("zero turns and zero dollars mean no limit", () =>
  Effect.gen(function*() {
    const { review } = yield* configured({ env: { ...complete, AGENT_MAX_TURNS: "0", AGENT_MAX_COST_USD: "0" } })
    assert.strictEqual(review.reviewer.maxTurns, 0)
    assert.notProperty(review, "maxCostUsd")
  }))

it.effect("all problems come at once, each with both names, and no secret among them", () =>
  Effect.gen(function*() {
    const error = yield* configured({
      yaml: "agent: { reviwer: { model: x } }\njobs: { max_attempts: many }\ngithub: { token: \"top secret\" }",
      env: { HOME: "/home/bot", WEBHOOK_PORT: "70000", INLINE_SUGGESTIONS: "maybe" }
    }).pipe(Effect.flip)
    assert.match(error.message, /^Configuration error, \d+ problems:\n {2}- unknown key/)
    const text = error.message
    for (
      const part of [
        "unknown key \"agent.reviwer.model\"",
        "did you mean \"agent.reviewer.model\"?",
        "jobs.max_attempts (JOBS_MAX_ATTEMPTS): \"many\" in /",
        "is not a whole number from 1 to 100",
        "webhook.port (WEBHOOK_PORT): \"70000\" in the environment is not a whole number from 0 to 65535",
        "reviewer.inline_suggestions (INLINE_SUGGESTIONS): \"maybe\" in the environment is not true or false",
        "github.token (GITHUB_TOKEN): the value in /",
        "github.webhook_secret: GITHUB_WEBHOOK_SECRET must be set",
        "REVIEWER_BOT_USERNAME must be set",
        "ALLOWED_USERS must contain at least one username",
        "ANTHROPIC_API_KEY must be set"
      ]
    ) assert.include(text, part)
    assert.notInclude(text, "top secret")
  }))

it.effect("one problem is one line", () =>
  Effect.gen(function*() {
    const error = yield* configured({ env: { ...complete, GITHUB_TOKEN: "" } }).pipe(Effect.flip)
    assert.match(error.message, /^Configuration error: github\.token: GITHUB_TOKEN must be set .*$/)
  }))

it.effect("review loads without anything: no bot, no webhook secret, no token, no key", () =>
  Effect.gen(function*() {
    const config = yield* configured({ mode: "review", env: { HOME: "/home/bot" } })
    assert.strictEqual(config.review.botUsername, "")
    assert.isTrue(Option.isNone(config.github))
    assert.deepStrictEqual(config.providers, [])
  }))

it.effect("run-job needs the token, and no webhook; which key it needs is the job's to say", () =>
  Effect.gen(function*() {
    const missing = yield* problems({ mode: "run-job", env: { HOME: "/home/bot" } })
    assert.strictEqual(missing.length, 1)
    assert.include(missing[0], "GITHUB_TOKEN")
    const { github, providers } = yield* configured({ mode: "run-job" })
    assert.isTrue(Option.exists(github, ({ webhookSecret }) => Option.isNone(webhookSecret)))
    const keys = providers.flatMap(({ apiKey, name }) =>
      Option.toArray(Option.map(apiKey, (key) => [name, Redacted.value(key)]))
    )
    assert.deepStrictEqual(keys, [["anthropic", "sk-ant-key"]])
  }))

it.effect("the data directory follows XDG_STATE_HOME, and has to be named where there is no home; mirrors are in it", () =>
  Effect.gen(function*() {
    const { dataDir } = yield* configured({ env: { ...complete, XDG_STATE_HOME: "/state" } })
    assert.strictEqual(dataDir, "/state/nominal-code")
    const { HOME: _, ...homeless } = complete
    const [problem = ""] = yield* problems({ env: homeless })
    assert.match(problem, /^data_dir \(NOMINAL_DATA_DIR\): .*HOME is not set.*set NOMINAL_DATA_DIR/)
    const named = yield* configured({ env: { ...homeless, NOMINAL_DATA_DIR: "/data", TMPDIR: "/scratch" } })
    assert.deepStrictEqual([named.dataDir, named.workspace.baseDir], ["/data", "/data/workspace"])
  }))

it.effect("log levels are those of the environment's convention, and an unknown one is INFO with a warning", () =>
  Effect.gen(function*() {
    const level = (name: string) => configured({ env: { ...complete, LOG_LEVEL: name } })
    assert.strictEqual((yield* level("debug")).logLevel, "Debug")
    assert.strictEqual((yield* level("WARNING")).logLevel, "Warn")
    const odd = yield* level("loud")
    assert.deepStrictEqual([odd.logLevel, odd.warnings], ["Info", ["LOG_LEVEL: \"loud\" is no level, so INFO holds"]])
  }))

const deployed = `
webhook:
  host: "0.0.0.0"
  port: 8080
reviewer:
  bot_username: "nominalbot"
  triggers:
    - pr_opened
agent:
  provider: "anthropic"
redis:
  url: "redis://:hunter22@redis.nominal-code.svc.cluster.local:6379/0"
kubernetes:
  image: "ghcr.io/example/nominal-code:latest"
  namespace: "nominal-code"
  image_pull_policy: "Always"
  active_deadline_seconds: 600
  env_from_secrets:
    - "nominal-code-secrets"
`

it.effect("a cluster's configuration loads in a pod, which starts no Jobs itself", () =>
  Effect.gen(function*() {
    const { kubernetes, policy, review } = yield* configured({ mode: "run-job", yaml: deployed })
    assert.deepStrictEqual([review.reviewer.provider, policy.triggers], ["anthropic", ["pr_opened"]])
    assert.isTrue(Option.isNone(kubernetes))
  }))

it.effect("the example file is a configuration that serve starts with", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const yaml = yield* fs.readFileString(example)
    const { policy, warnings } = yield* configured({ yaml })
    assert.deepStrictEqual(policy.triggers, ["pr_opened", "pr_ready_for_review"])
    assert.deepStrictEqual(warnings, [])
    // What is commented out, below the heading, is right too; only the file that it names is not there.
    const [heading, ...rest] = yaml.split("\n\n")
    const uncommented = [heading, ...rest.map((part) => part.replace(/^( *)# (?=[a-z_ ]+:|- )/gm, "$1"))].join("\n\n")
    const [missing = "", ...others] = yield* problems({ yaml: uncommented })
    assert.match(missing, /^prompts\.coding_guidelines_file .* does not exist/)
    assert.deepStrictEqual(others, [])
  }).pipe(Effect.provide(NodeServices.layer)))

const example = new URL("../../../config.example.yaml", import.meta.url).pathname

it.effect("the layer provides what was loaded", () =>
  Effect.gen(function*() {
    const { policy } = yield* AppConfig
    assert.strictEqual(policy.botUsername, "nominalbot")
  }).pipe(Effect.provide(
    layer("serve").pipe(
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...complete, CONFIG_PATH: example }))),
      Layer.provide(NodeServices.layer)
    )
  )))
