import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { sections } from "@nominal-code/config/Settings"
import { chatServices } from "@nominal-code/domain/model/ChatServices"
import { fileVariables } from "@nominal-code/domain/settings/Setting"
import { Effect, FileSystem, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

/** A secret of each variable that holds one, in the form that its setting takes. */
const secrets = {
  GITHUB_TOKEN: "ghp_from_a_file",
  GITHUB_APP_PRIVATE_KEY: "-----BEGIN KEY-----\nfrom a file\n-----END KEY-----",
  GITHUB_WEBHOOK_SECRET: "0123456789-from-a-file",
  GITLAB_TOKEN: "glpat-from-a-file",
  GITLAB_WEBHOOK_SECRET: "9876543210-from-a-file",
  GITLAB_SIGNING_TOKEN: "whsec_RnJvbUFGaWxlRnJvbUFGaWxlRnJvbUFGaWxl",
  JOBS_SIGNING_KEY: "signing-key-from-a-file and-the-key-before-it",
  REDIS_URL: "redis://:from-a-file@redis:6379",
  REDIS_SENTINEL_PASSWORD: "password from a file",
  OTEL_EXPORTER_OTLP_HEADERS: "api-key=from-a-file",
  ANTHROPIC_API_KEY: "sk-ant-from-a-file",
  OPENAI_API_KEY: "sk-from-a-file",
  GOOGLE_API_KEY: "AIza-from-a-file",
  AWS_BEARER_TOKEN_BEDROCK: "ABSK-from-a-file",
  AWS_ACCESS_KEY_ID: "AKID-from-a-file",
  AWS_SECRET_ACCESS_KEY: "secret-from-a-file",
  AWS_SESSION_TOKEN: "token-from-a-file",
  VERTEX_API_KEY: "vertex-from-a-file",
  AZURE_OPENAI_API_KEY: "azure-from-a-file",
  AZURE_OPENAI_AD_TOKEN: "token-of-entra-from-a-file",
  AZURE_CLIENT_SECRET: "client-from-a-file",
  IDENTITY_HEADER: "header-from-a-file",
  ...Object.fromEntries(Object.values(chatServices).map(({ keyVariable }) => [keyVariable, "key-from-a-file"]))
}

/** Runs with a file that holds this text. */
const withFile = <A, E>(text: string, use: (file: string, directory: string) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${directory}/secret`, text)
    return yield* use(`${directory}/secret`, directory)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** The least that `serve` starts with, without one of its variables. */
const without = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(complete).filter(([key]) => key !== name))

it("each secret that the reference lists is tried here", () => {
  const listed = sections.flatMap(({ settings }) => settings.flatMap(fileVariables))
  assert.sameMembers(Object.keys(secrets).map((name) => `${name}_FILE`), listed)
})

for (const [name, secret] of Object.entries(secrets)) {
  it.effect(`the file that ${name}_FILE names is the secret, and redaction knows it`, () =>
    withFile(`${secret}\n`, (file) =>
      Effect.gen(function*() {
        const read = yield* configured({ mode: "review", env: { ...without(name), [`${name}_FILE`]: file } })
        assert.include(read.secrets.map(Redacted.value), secret)
        assert.notInclude(read.secrets.map(Redacted.value), file)
        assert.deepStrictEqual(read.warnings, [])
      })))
}

it.effect("serve starts with its secrets in files only, over those of the configuration file", () =>
  withFile("0123456789abcdef-mounted\r\n", (file) =>
    Effect.gen(function*() {
      const { ANTHROPIC_API_KEY: _key, GITHUB_TOKEN: _token, GITHUB_WEBHOOK_SECRET: _secret, ...env } = complete
      const { github, providers } = yield* configured({
        env: { ...env, GITHUB_TOKEN_FILE: file, GITHUB_WEBHOOK_SECRET_FILE: file, ANTHROPIC_API_KEY_FILE: file },
        yaml: "github: { token: written-in-yaml }"
      })
      const { credentials, webhookSecret } = Option.getOrThrow(github)
      const token = credentials._tag === "Token" ? [credentials.token] : []
      const keys = providers.flatMap(({ apiKey }) => Option.toArray(apiKey))
      const read = [...token, ...Option.toArray(webhookSecret), ...keys].map(Redacted.value)
      assert.deepStrictEqual(read, Array(3).fill("0123456789abcdef-mounted"))
    })))

it.effect("only the last line break is left out: what else is in the file is the secret", () =>
  withFile("  0123456789 abcdef \n\n", (file) =>
    Effect.gen(function*() {
      const { github } = yield* configured({
        env: { ...without("GITHUB_WEBHOOK_SECRET"), GITHUB_WEBHOOK_SECRET_FILE: file }
      })
      const secret = Option.flatMap(github, ({ webhookSecret }) => webhookSecret)
      assert.strictEqual(Redacted.value(Option.getOrThrow(secret)), "  0123456789 abcdef \n")
    })))

it.effect("an empty variable names no file", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* problems({ env: { ...complete, GITHUB_TOKEN_FILE: "" } }), [])
  }))

it.effect("a file that is not there, is empty, is no file or stands beside the variable is one line each", () =>
  withFile("\n", (file, directory) =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [env: Readonly<Record<string, string>>, problem: string]> = [
        [
          { ...without("GITHUB_TOKEN"), GITHUB_TOKEN_FILE: "/run/secrets/none" },
          "github.token (GITHUB_TOKEN): the file \"/run/secrets/none\" does not exist: " +
          "correct the path, or unset GITHUB_TOKEN_FILE"
        ],
        [
          { ...without("GITHUB_TOKEN"), GITHUB_TOKEN_FILE: file },
          `github.token (GITHUB_TOKEN): the file "${file}" that GITHUB_TOKEN_FILE names is empty: put the secret into it`
        ],
        [
          { ...without("ANTHROPIC_API_KEY"), ANTHROPIC_API_KEY_FILE: directory },
          `ANTHROPIC_API_KEY: the file "${directory}" is a directory: name a file in it`
        ],
        [
          { ...without("ANTHROPIC_API_KEY"), ANTHROPIC_API_KEY_FILE: "/dev/null" },
          "ANTHROPIC_API_KEY: the file \"/dev/null\" is a device, a pipe or a socket: name a file"
        ],
        [
          { ...complete, GITHUB_WEBHOOK_SECRET_FILE: file },
          "github.webhook_secret: GITHUB_WEBHOOK_SECRET and GITHUB_WEBHOOK_SECRET_FILE are " +
          "both set: remove one of the two"
        ]
      ]
      for (const [env, problem] of cases) assert.deepStrictEqual(yield* problems({ env }), [problem])
    })))

it.effect("a secret in a file that is none of its kind is not shown", () =>
  withFile("two words of a secret", (file) =>
    Effect.gen(function*() {
      const read = yield* problems({ env: { ...without("GITHUB_TOKEN"), GITHUB_TOKEN_FILE: file } })
      assert.deepStrictEqual(read, [
        `github.token (GITHUB_TOKEN): the value in the file "${file}", which GITHUB_TOKEN_FILE names, is not a token: ` +
        "visible ASCII characters only"
      ])
    })))

it.effect("a misspelled _FILE is named with the one that was meant", () =>
  Effect.gen(function*() {
    const { warnings } = yield* configured({ env: { ...complete, OPENAI_API_KEY_FIEL: "/run/secrets/openai" } })
    assert.deepStrictEqual(warnings, [
      "OPENAI_API_KEY: OPENAI_API_KEY_FIEL is in the environment, and is no setting: was OPENAI_API_KEY_FILE meant?"
    ])
  }))
