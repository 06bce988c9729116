import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { AppConfig } from "@nominal-code/config/AppConfig"
import { load } from "@nominal-code/config/AppConfigLayer"
import { everySetting } from "@nominal-code/config/Settings"
import { Failure } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { KnownSecrets, withoutSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { makeOutgoingText } from "@nominal-code/forge/outgoing/OutgoingText"
import * as Collector from "@nominal-code/testing/Collector"
import { ConfigProvider, Console, Deferred, Effect, FileSystem, Layer, Redacted } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { configured } from "../src/Configured.ts"
import * as Logging from "../src/Logging.ts"
import * as Telemetry from "../src/Telemetry.ts"

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

/** A value for a variable, and the texts in it that nobody may see. */
const valueFor = (name: string): readonly [value: string, hidden: ReadonlyArray<string>] => {
  const canary = `c4n4ry-${Buffer.from(name).toString("hex").slice(-24)}`
  if (name.endsWith("REDIS_URL")) {
    return ["redis://a-user-of-redis:a-password-of-redis@redis:6379", ["a-user-of-redis", "a-password-of-redis"]]
  }
  if (name.endsWith("PRIVATE_KEY")) return [privateKey, [privateKey, privateKey.split("\n")[3] ?? ""]]
  if (name.endsWith("SIGNING_TOKEN")) {
    const token = `whsec_${Buffer.from(canary.repeat(2)).toString("base64")}`
    return [token, [token]]
  }
  if (name.endsWith("HEADERS")) return [`authorization=Bearer ${canary}`, [canary]]
  if (/proxy|DATABASE_URL/i.test(name)) return [`http://me:${canary}@proxy:3128`, [canary]]
  return [canary, [canary]]
}

/** Variables that hold a secret: those of our settings, and some of other programs that a process is given. */
const names = [
  ...new Set(
    everySetting.flatMap(({ env }) => env).filter((name) => /(?:TOKEN|SECRET|PASSWORD|KEY|REDIS_URL)$/.test(name))
  ),
  "HTTPS_PROXY",
  "https_proxy",
  "http_proxy",
  "DATABASE_URL",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "NPM_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "POSTGRES_PASSWORD",
  "MYSQL_PASSWD",
  "SENTRY_API_KEY",
  "DATADOG_APIKEY",
  "CLIENT_SECRET",
  "MINIO_ACCESS_KEY",
  "DEPLOY_PRIVATE_KEY",
  "CLOUD_CREDENTIAL",
  "CLOUD_CREDENTIALS",
  "AZURE_DEVOPS_PAT",
  "MYSQL_PWD",
  "REDISCLI_AUTH",
  "SENTRY_DSN",
  "SLACK_WEBHOOK_URL"
]

/** Everything that a process with this environment says about a text: a log line, a post, a stored reason. */
const said = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>, text: string) {
  const lines: Array<string> = []
  const written = yield* Deferred.make<void>()
  const error = (line: string) => {
    lines.push(line)
    if (line.includes("it said ")) Deferred.doneUnsafe(written, Effect.void)
  }
  const console = { ...yield* Console.Console, error }
  return yield* Effect.gen(function*() {
    yield* Effect.logError(`it said ${text}`, { note: text })
    yield* Deferred.await(written)
    const { redact } = yield* KnownSecrets
    const failure = Failure.cases.Bug.make({ detail: text })
    return {
      post: makeOutgoingText({ redact, forgeHost: "" }).markdown(text, 60_000),
      reason: JSON.stringify(yield* withoutSecrets(JobOutcome.cases.Failed.make({ failure, retryable: true })))
    }
  }).pipe(
    Effect.provide(Layer.provideMerge(configured(Logging.layer), Layer.effect(AppConfig, load("run-job")))),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provideService(Console.Console, console),
    // The log is whole when its layer is released.
    Effect.map((texts) => ({ logs: lines.join("\n"), ...texts }))
  )
})

/** The least that a process starts with. An App has a key in place of a token. */
const base = { HOME: "/home/bot", ANTHROPIC_API_KEY: "sk-ant-of-this-test" }
const withToken = { ...base, GITHUB_TOKEN: "ghp_of_this_test" }
const withApp = { ...base, GITHUB_APP_ID: "1" }

for (const name of names) {
  it.effect(`what ${name} holds is in no log, no post and no stored reason`, () =>
    Effect.gen(function*() {
      const [value, hidden] = valueFor(name)
      const told = Object.entries(
        yield* said(
          { ...name === "GITHUB_APP_PRIVATE_KEY" ? withApp : withToken, [name]: value },
          `${hidden.join("\n\n")} is it`
        )
      )
      for (const [where, text] of told) {
        for (const secret of hidden) assert.notInclude(text, secret.trim(), where)
        assert.include(text, "[REDACTED]", where)
      }
    }).pipe(Effect.provide(NodeServices.layer)))
}

it.live("what any of them holds is in no span, nor is a token that was made later: names, attributes, events, errors", () =>
  Effect.gen(function*() {
    const collector = yield* Collector.make
    const given = names.filter((name) => name !== "GITHUB_TOKEN" && !name.startsWith("OTEL_")).map((name) =>
      [name, ...valueFor(name)] as const
    )
    const env = {
      ...withApp,
      ...Object.fromEntries(given.map(([name, value]) => [name, value])),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
    }
    const minted = "minted-4f3e2d1c0b9a8f7e6d5c"
    const hidden = [minted, ...given.flatMap(([, , hidden]) => hidden)]
    const all = hidden.join(" ")
    yield* Effect.gen(function*() {
      yield* (yield* KnownSecrets).add(Redacted.make(minted))
      yield* Effect.die(new Error(all)).pipe(
        Effect.tapCause((cause) => Effect.logError(all, cause)),
        Effect.withSpan(`read ${all}`, { attributes: { [`key of ${minted}`]: all, nested: { note: all } } }),
        Effect.exit
      )
    }).pipe(
      Effect.provide(
        configured(({ tracing }) => Telemetry.layer({ tracing })).pipe(
          Layer.provideMerge(configured(Logging.layerNone)),
          Layer.provide(Layer.effect(AppConfig, load("run-job")))
        )
      ),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
    )
    assert.lengthOf(collector.spans(), 1)
    const told = collector.text()
    assert.isAtLeast(told.split("[REDACTED]").length, hidden.length)
    for (const secret of hidden) assert.notInclude(told, JSON.stringify(secret.trim()).slice(1, -1))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("what the file of a secret holds is known, and what the environment overrides", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${directory}/key`, "c4n4ry-from-a-file\n")
    yield* fs.writeFileString(`${directory}/config.yaml`, "github: { webhook_secret: c4n4ry-overridden }")
    const env = {
      ...withToken,
      OPENAI_API_KEY_FILE: `${directory}/key`,
      CONFIG_PATH: `${directory}/config.yaml`,
      GITHUB_WEBHOOK_SECRET: "c4n4ry-that-overrides"
    }
    const hidden = ["c4n4ry-from-a-file", "c4n4ry-overridden", "c4n4ry-that-overrides"]
    for (const [where, text] of Object.entries(yield* said(env, hidden.join(" ")))) {
      for (const secret of hidden) assert.notInclude(text, secret, where)
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
