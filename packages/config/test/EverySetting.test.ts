import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Mode } from "@nominal-code/config/AppConfig"
import { everySetting, settings } from "@nominal-code/config/Settings"
import { nameOf, type Setting } from "@nominal-code/domain/settings/Setting"
import { Duration, Effect, FileSystem, Option, Predicate, Redacted, Struct } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { globSync, readFileSync } from "node:fs"
import { complete, configured } from "./Fixture.ts"

type Environment = Readonly<Record<string, string>>

const pem = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString()

const { GITHUB_TOKEN: _token, ...withoutToken } = complete

const keys = Object.fromEntries(
  Object.values(settings.providers).flatMap(({ apiKey }) => apiKey.env.map((name) => [name, "a-key"]))
)

const inCluster = { K8S_IMAGE: "image", REDIS_URL: "redis://redis:6379" }

/** Processes of which one at least takes each setting, the first one most of them: it is tried first. */
const processes: ReadonlyArray<readonly [mode: Mode, env: Environment]> = [
  ["serve", { ...complete, ...inCluster, GITLAB_TOKEN: "token", GITLAB_WEBHOOK_SECRET: "0123456789abcdef" }],
  ["run-job", { ...complete, ...keys }],
  ["serve", complete],
  ["serve", { ...withoutToken, GITHUB_APP_ID: "1", GITHUB_APP_PRIVATE_KEY: pem() }],
  ["serve", { ...withoutToken, GITHUB_APP_ID: "1" }],
  ["serve", { ...complete, WEBHOOK_HOST: "127.0.0.1" }],
  ["serve", {
    ...complete,
    AGENT_PROVIDER: "openai-compatible",
    AGENT_MODEL: "m",
    AGENT_BASE_URL: "https://a.example"
  }],
  ["run-job", {
    ...complete,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKID",
    AWS_SECRET_ACCESS_KEY: "secret",
    GOOGLE_CLOUD_PROJECT: "p",
    AZURE_OPENAI_ENDPOINT: "https://a.example",
    AZURE_TENANT_ID: "t",
    AZURE_CLIENT_ID: "c",
    AZURE_CLIENT_SECRET: "s"
  }],
  ["run-job", {
    ...complete,
    AZURE_OPENAI_ENDPOINT: "https://a.example",
    AZURE_TENANT_ID: "t",
    AZURE_CLIENT_ID: "c"
  }],
  ["run-job", {
    ...complete,
    AZURE_OPENAI_ENDPOINT: "https://a.example",
    IDENTITY_ENDPOINT: "http://169.254.129.3:8081/msi/token",
    IDENTITY_HEADER: "h"
  }],
  ["review", { ...complete, AGENT_RUNNER: "claude-code" }]
]

/** Texts of which one at least is a value of each setting, other than its default. */
const values = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  yield* fs.writeFileString(`${directory}/text.md`, "a text")
  yield* fs.writeFileString(`${directory}/key.pem`, pem())
  const program = `${directory}/program`
  yield* fs.writeFileString(program, "#!/bin/sh\n", { mode: 0o755 })
  // What fits few settings stands first: a setting of any text would try all the others in vain.
  return [
    "pr_opened",
    "openai",
    pem(),
    `${directory}/key.pem`,
    program,
    `${directory}/text.md`,
    directory,
    `whsec_${"a".repeat(32)}`,
    "a-secret-of-sixteen",
    "[{\"key\":\"spot\",\"operator\":\"Exists\"}]",
    "{\"nodeAffinity\":{}}",
    "{\"anthropic\":{\"concurrent\":2}}",
    "{\"my-model\":{\"input\":1,\"output\":2}}",
    "redis://other:6379",
    "https://other.example",
    "acme/api",
    "team=payments",
    "MEMBER",
    "DEBUG",
    "127.0.0.2",
    "7",
    "1",
    "200000",
    "true",
    "false",
    "7d"
  ]
})

/** A value without the types that hide or wrap it. */
const plain = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return Redacted.value(value)
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (Option.isOption(value)) return Option.toArray(value).map(plain)
  if (Array.isArray(value)) return value.map(plain)
  return Predicate.isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
    : value
}

/** Configuration of a process; none where it would not start. That a secret is hidden is no use of it, nor is the record of where it came from. */
const given = (mode: Mode, env: Environment) =>
  configured({ mode, env }).pipe(
    Effect.map((config) => Option.some(plain(Struct.omit(config, ["origins", "secrets", "warnings"])))),
    Effect.orElseSucceed(() => Option.none())
  )

/** Makes the test whether a value of a setting changes what some process is given. */
const makeHasEffect = Effect.gen(function*() {
  const texts = yield* values
  const before = yield* Effect.forEach(
    processes,
    ([mode, env]) => Effect.map(given(mode, env), (config) => [mode, env, JSON.stringify(config)] as const),
    { concurrency: 1 }
  )
  return Effect.fnUntraced(function*({ env: [variable], kind }: Setting<unknown>) {
    const fitting = [...texts, ...kind.label.split(" / ")].filter((text) => Option.isSome(kind.fromText(text)))
    for (const text of fitting) {
      for (const [mode, env, usual] of before) {
        const after = yield* given(mode, { ...env, [variable]: text })
        if (Option.isSome(after) && JSON.stringify(after) !== usual) return true
      }
    }
    return false
  })
})

describe("a setting", () => {
  it.effect("changes what the program is given", () =>
    Effect.gen(function*() {
      const hasEffect = yield* makeHasEffect
      const others = everySetting.filter((setting) => setting !== settings.process.configPath)
      const idle = yield* Effect.filter(others, (setting) => Effect.map(hasEffect(setting), (has) => !has), {
        concurrency: 4
      })
      assert.deepStrictEqual(idle.map(nameOf), [], "without effect, or without a value in the list above")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("reaches code that is not the configuration's: each field is named there", () =>
    Effect.gen(function*() {
      const packages = new URL("../../", import.meta.url).pathname
      const sources = globSync(`${packages}*/src/**/*.ts`).filter((file) =>
        !/\/(?:config|testing)\/src\/|\/cli\/src\/index\.ts$/.test(file)
      )
      const code = sources.map((file) => readFileSync(file, "utf8").replaceAll(/^ *(?:\/?\*|\/\/).*$/gm, "")).join("\n")
      const fields = yield* Effect.map(
        Effect.forEach(processes, ([mode, env]) => given(mode, env), { concurrency: 1 }),
        (configs) => new Set(configs.flatMap(Option.toArray).flatMap(fieldsOf))
      )
      assert.isAbove(fields.size, 60)
      assert.deepStrictEqual([...fields].filter((name) => !new RegExp(`\\b${name}\\b`).test(code)), [])
    }))
})

/** Names of the fields of a configuration, and of the records in it. Other keys are data. */
const fieldsOf = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(fieldsOf)
  if (!Predicate.isObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    ["languageGuidelines", "environment", "labels", "annotations", "nodeSelector", "origins"].includes(key)
      ? [key]
      : [key, ...fieldsOf(inner)]
  )
}
