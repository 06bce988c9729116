import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { effectiveSettings } from "@nominal-code/config/EffectiveSettings"
import { Origin } from "@nominal-code/config/Origin"
import { everySetting } from "@nominal-code/config/Settings"
import { ConfigProvider, Effect, FileSystem, Option } from "effect"

const none = Option.none()
const [some, byDefault] = [Option.some, { _tag: "Default" }] as const
const ofVariable = (name: string) => Origin.cases.Variable.make({ name })

/** Reads the settings of these variables and of a file, both with the file's place. */
const effective = (env: Readonly<Record<string, string>>, yaml = "") =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/config.yaml`
    yield* fs.writeFileString(file, yaml)
    const provider = ConfigProvider.fromEnvRecord({ HOME: "/home/bot", CONFIG_PATH: file, ...env })
    const { settings } = yield* effectiveSettings().pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, provider)
    )
    return { file, of: (variable: string) => settings.find((one) => one.variable === variable), settings }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

it.effect("every setting is there, with its first path and its first variable", () =>
  Effect.gen(function*() {
    const { of, settings } = yield* effective({})
    assert.deepStrictEqual(
      settings.map(({ path, variable }) => [variable, Option.getOrUndefined(path)]),
      everySetting.map(({ env: [variable], yaml: [path] }) => [variable, path])
    )
    assert.deepStrictEqual(of("ANTHROPIC_API_KEY")?.path, none)
  }))

it.effect("a value is written as where it comes from has it: the environment, the file, or the default", () =>
  Effect.gen(function*() {
    const { file, of } = yield* effective({ JOBS_MAX_ATTEMPTS: "04" }, "webhook: { port: 1234 }")
    const facts = (variable: string) => {
      const { characters, from, value } = of(variable) ?? assert.fail(variable)
      assert.deepStrictEqual(characters, none)
      return [value, from]
    }
    assert.deepStrictEqual(facts("JOBS_MAX_ATTEMPTS"), [some("04"), ofVariable("JOBS_MAX_ATTEMPTS")])
    assert.deepStrictEqual(facts("WEBHOOK_PORT"), [some(1234), { _tag: "File", path: file }])
    assert.deepStrictEqual(facts("JOBS_GIVE_UP_AFTER"), [some("24h"), byDefault])
    assert.deepStrictEqual(facts("AGENT_EFFORT"), [none, byDefault])
  }))

it.effect("of a secret only its length is there, and the whole path of its file", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${directory}/token`, "0123456789abcdef\n")
    const { of } = yield* effective({
      GITHUB_TOKEN_FILE: `${directory}/../${directory.split("/").at(-1)}/token`,
      GITLAB_TOKEN: "glpat-canary"
    })
    const facts = (variable: string) => [of(variable)?.value, of(variable)?.characters, of(variable)?.from]
    assert.deepStrictEqual(facts("GITHUB_TOKEN"), [none, some(16), {
      _tag: "SecretFile",
      variable: "GITHUB_TOKEN_FILE",
      path: `${directory}/token`
    }])
    assert.deepStrictEqual(facts("GITLAB_TOKEN"), [none, some(12), ofVariable("GITLAB_TOKEN")])
    assert.deepStrictEqual(facts("ANTHROPIC_API_KEY"), [none, none, byDefault])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.effect("a URL is there without its login and its query, and not at all where it has no scheme", () =>
  Effect.gen(function*() {
    const { of } = yield* effective({
      OPENAI_BASE_URL: "https://bot:s3cr3t@gateway.example/v1?token=s3cr3t",
      GROQ_BASE_URL: "bot:s3cr3t@gateway.example"
    })
    assert.deepStrictEqual(of("OPENAI_BASE_URL")?.value, some("https://***@gateway.example/v1?***"))
    assert.deepStrictEqual(of("GROQ_BASE_URL")?.value, some("***"))
  }))

it.effect("it fails with everything that is wrong, as a server does", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(effective({ WEBHOOK_PORT: "many" }, "jobs: { max_atempts: 3 }"))
    assert.match(error.message, /^Configuration error, 2 problems:\n.*jobs\.max_atempts.*\n.*WEBHOOK_PORT/)
  }))
