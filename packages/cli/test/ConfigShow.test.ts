import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { everySetting } from "@nominal-code/config/Settings"
import { fileVariable } from "@nominal-code/domain/settings/Setting"
import { Effect, FileSystem, Schema } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

const canary = "c4n4ry0f7h3c0n76"

/** A secret of a variable, in the form that its setting takes. */
const secretOf = (variable: string): string => {
  if (variable === "REDIS_URL") return `redis://:${canary}@redis:6379`
  if (variable === "OTEL_EXPORTER_OTLP_HEADERS") return `x-key=${canary}`
  return variable === "GITLAB_SIGNING_TOKEN" ? `whsec_${canary}` : canary
}

const secretVariables = [...new Set(everySetting.filter(({ kind }) => kind.secret).flatMap(({ env }) => env))]

const Settings = Schema.fromJsonString(Schema.Array(Schema.Struct({
  path: Schema.optionalKey(Schema.String),
  variable: Schema.String,
  value: Schema.optionalKey(Schema.Unknown),
  characters: Schema.optionalKey(Schema.Int),
  from: Schema.Struct({ _tag: Schema.String, path: Schema.optionalKey(Schema.String) })
})))

/** `nominal-code config show …` with a configuration file and a file of a secret. */
const withFiles = Effect.fnUntraced(function*(yaml: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "config-show-" })
  const [file, secret] = [`${directory}/config.yaml`, `${directory}/secret`]
  yield* fs.writeFileString(file, yaml)
  yield* fs.writeFileString(secret, `${canary}\n`)
  const show = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
    runHere({ CONFIG_PATH: file, ...env }, "config", "show", ...args)
  /** The same as a process of its own. */
  const start = runWith({ CONFIG_PATH: file }, "config", "show")
  return { file, secret, show, start }
})

/** The row of a setting, its columns with one blank between them. */
const rowOf = (table: string, setting: string): string =>
  table.split("\n").find((row) => row.startsWith(`${setting} `))?.replaceAll(/ {2,}/g, " ") ?? "no such row"

const yaml = "webhook: { port: 1234, host: localhost }\naccess: { allowed_users: [alice, bob] }\n"

describe("nominal-code config show", () => {
  it.live("says who reviews what where an App and a token are set", () =>
    Effect.gen(function*() {
      const { show } = yield* withFiles(yaml)
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const app = {
        GITHUB_APP_ID: "12345",
        GITHUB_APP_PRIVATE_KEY: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
        ANTHROPIC_API_KEY: "k".repeat(32)
      }
      const both =
        /^GitHub: the App of github\.app_id reviews the repositories that it is installed on, and .* all others$/m
      assert.match((yield* show({ ...app, GITHUB_TOKEN: canary })).stderr, both)
      assert.notMatch((yield* show(app)).stderr, both)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("shows each setting, and whether it is a file's, a variable's, a secret file's, the default or not set", () =>
    Effect.gen(function*() {
      const { file, secret, show } = yield* withFiles(yaml)
      const { code, stderr, stdout } = yield* show({
        WEBHOOK_HOST: "127.0.0.1",
        GITHUB_TOKEN_FILE: secret,
        ANTHROPIC_API_KEY: "k".repeat(32)
      })
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      assert.strictEqual(rowOf(stdout, "webhook.port"), `webhook.port WEBHOOK_PORT 1234 ${file}`)
      assert.strictEqual(rowOf(stdout, "webhook.host"), "webhook.host WEBHOOK_HOST 127.0.0.1 WEBHOOK_HOST")
      assert.strictEqual(
        rowOf(stdout, "access.allowed_users"),
        `access.allowed_users ALLOWED_USERS ["alice","bob"] ${file}`
      )
      assert.strictEqual(
        rowOf(stdout, "github.token"),
        `github.token GITHUB_TOKEN ${canary.length} characters ${secret} (GITHUB_TOKEN_FILE)`
      )
      assert.strictEqual(rowOf(stdout, "—"), `— CONFIG_PATH ${file} CONFIG_PATH`)
      assert.include(stdout.replaceAll(/ {2,}/g, " "), "— ANTHROPIC_API_KEY 32 characters ANTHROPIC_API_KEY")
      assert.strictEqual(rowOf(stdout, "jobs.give_up_after"), "jobs.give_up_after JOBS_GIVE_UP_AFTER 24h default")
      assert.strictEqual(rowOf(stdout, "agent.effort"), "agent.effort AGENT_EFFORT — not set")
      assert.strictEqual(rowOf(stdout, "gitlab.token"), "gitlab.token GITLAB_TOKEN — not set")
      assert.strictEqual(stdout.trimEnd().split("\n").length, everySetting.length + 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("shows every setting as JSON, for programs", () =>
    Effect.gen(function*() {
      const { file, show } = yield* withFiles(yaml)
      const all = yield* Schema.decodeEffect(Settings)(
        (yield* show({ GITLAB_TOKEN: canary }, "--json")).stdout
      )
      assert.deepStrictEqual(all.map(({ variable }) => variable), everySetting.map(({ env: [variable] }) => variable))
      const of = (name: string) => all.find(({ variable }) => variable === name)
      assert.deepStrictEqual(of("ALLOWED_USERS")?.value, ["alice", "bob"])
      assert.deepStrictEqual(of("ALLOWED_USERS")?.from, { _tag: "File", path: file })
      assert.deepStrictEqual(of("GITLAB_TOKEN"), {
        path: "gitlab.token",
        variable: "GITLAB_TOKEN",
        characters: canary.length,
        from: { _tag: "Variable" }
      })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("shows no secret, wherever it is set, and none that is repeated in another setting", () =>
    Effect.gen(function*() {
      const nested = everySetting.filter(({ kind }) => kind.secret).reduce<Record<string, Record<string, unknown>>>(
        (tree, { env: [variable], yaml: [path] }) => {
          const [group, key] = path?.split(".") ?? []
          return group === undefined || key === undefined
            ? tree
            : { ...tree, [group]: { ...tree[group], [key]: secretOf(variable) } }
        },
        { reviewer: { review_label: canary }, kubernetes: { annotations: { note: `say ${canary}` } } }
      )
      const { secret, show } = yield* withFiles(JSON.stringify(nested))
      const { show: showBare } = yield* withFiles("")
      const environment = Object.fromEntries(secretVariables.map((name) => [name, secretOf(name)]))
      const plain = secretVariables.filter((name) => secretOf(name) === canary)
      for (const format of [[], ["--json"]]) {
        const runs = [
          yield* show({}, ...format),
          yield* showBare({ ...environment, AGENT_SYSTEM_PROMPT: `say ${canary}` }, ...format),
          yield* showBare(Object.fromEntries(plain.map((name) => [fileVariable(name), secret])), ...format)
        ]
        for (const { code, stderr, stdout } of runs) {
          assert.deepStrictEqual([code, stderr], [0, ""])
          assert.match(stdout, format.length === 0 ? /\b16 characters\b/ : /"characters":16\b/)
          assert.notInclude(stdout, canary)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("shows no login and no query of a URL, also where its provider is not used", () =>
    Effect.gen(function*() {
      const { show } = yield* withFiles("")
      const { code, stdout } = yield* show({
        OPENAI_BASE_URL: "https://bot:s3cr3t@gateway.example/v1?token=s3cr3t",
        GROQ_BASE_URL: "bot:s3cr3t@gateway.example"
      })
      assert.strictEqual(code, 0)
      assert.include(stdout, "https://***@gateway.example/v1?***")
      assert.include(stdout.replaceAll(/ {2,}/g, " "), "GROQ_BASE_URL *** GROQ_BASE_URL")
      assert.notInclude(stdout, "s3cr3t")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("warns of a variable that looks like a misspelled one", () =>
    Effect.gen(function*() {
      const { show } = yield* withFiles("")
      const { code, stderr } = yield* show({ GITHUB_TOKN: canary })
      assert.strictEqual(code, 0)
      assert.include(stderr, "GITHUB_TOKN")
      assert.notInclude(stderr, canary)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("reports everything that is wrong and shows nothing, as the other commands do", () =>
    Effect.gen(function*() {
      const { start } = yield* withFiles("webhook: { prot: 1 }\njobs: { max_attempts: many }")
      const { code, stderr, stdout } = yield* start
      assert.deepStrictEqual([code, stdout], [1, ""])
      assert.include(stderr, "Configuration error, 2 problems:")
      assert.include(stderr, "webhook.prot")
      assert.include(stderr, "jobs.max_attempts (JOBS_MAX_ATTEMPTS)")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
