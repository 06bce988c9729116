import { assert, it } from "@effect/vitest"
import { everySetting } from "@nominal-code/config/Settings"
import { doubtfulVariables } from "@nominal-code/config/VariableNames"
import { ConfigProvider, Effect } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const doubts = (...names: ReadonlyArray<string>) =>
  Effect.provideService(
    doubtfulVariables,
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromEnvRecord(Object.fromEntries(names.map((name) => [name, "s3cret"])))
  )

it.effect("a variable that is a slip of the pen away from a setting is named with the one that was meant", () =>
  Effect.gen(function*() {
    const cases: ReadonlyArray<readonly [name: string, setting: string, meant: string]> = [
      ["GITHUB_TOKN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["GITHUB_TOEKN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["GITHUBTOKEN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["GITHUB_WEBHOOKSECRET", "github.webhook_secret (GITHUB_WEBHOOK_SECRET)", "GITHUB_WEBHOOK_SECRET"],
      ["ALLOWED_USER", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["REVIEWER_BOT_USERNAM", "reviewer.bot_username (REVIEWER_BOT_USERNAME)", "REVIEWER_BOT_USERNAME"],
      ["AGENT_MODLE", "agent.reviewer.model (AGENT_MODEL)", "AGENT_MODEL"],
      ["REDIS_URI", "redis.url (REDIS_URL)", "REDIS_URL"],
      ["REDIS_ULR", "redis.url (REDIS_URL)", "REDIS_URL"],
      ["ANTHROPIC_APIKEY", "ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"],
      ["ANTHROPIC_API_KEYS", "ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"],
      ["OPEN_AI_API_KEY", "OPENAI_API_KEY", "OPENAI_API_KEY"],
      ["NOMINAL_DATADIR", "data_dir (NOMINAL_DATA_DIR)", "NOMINAL_DATA_DIR"],
      ["GITHUB_TOKEN_FIEL", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN_FILE"],
      ["github_token", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["ACCESS_ALLOWED_USERS", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["AGENT_REVIEWER_MODEL", "agent.reviewer.model (AGENT_MODEL)", "AGENT_MODEL"],
      ["KUBERNETES_IMAGE", "kubernetes.image (K8S_IMAGE)", "K8S_IMAGE"],
      ["GITUHB_TOKEN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["GITHB_WEBHOOK_SECRET", "github.webhook_secret (GITHUB_WEBHOOK_SECRET)", "GITHUB_WEBHOOK_SECRET"],
      ["NOMINAL_GITHUB_TOKEN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["NOMINAL_CODE_GITHUB_TOKEN", "github.token (GITHUB_TOKEN)", "GITHUB_TOKEN"],
      ["NOMINAL_ACCESS_ALLOWED_USERS", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["access.allowed_users", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["access_allowed_users", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["ACCESS__ALLOWED_USERS", "access.allowed_users (ALLOWED_USERS)", "ALLOWED_USERS"],
      ["REVIEWER_MODEL", "agent.reviewer.model (AGENT_MODEL)", "AGENT_MODEL"],
      ["JOBS_TRIGGERS", "reviewer.triggers (REVIEWER_TRIGGERS)", "REVIEWER_TRIGGERS"]
    ]
    for (const [name, setting, meant] of cases) {
      assert.deepStrictEqual(yield* doubts(name), [
        `${setting}: ${name} is in the environment, and is no setting: was ${meant} meant?`
      ])
    }
  }))

it.effect("a section's YAML path, written as a variable, is the setting's or is named with the one that is", () =>
  Effect.gen(function*() {
    for (const { env, yaml } of everySetting) {
      for (const path of yaml.filter((path) => path.includes("."))) {
        const name = path.toUpperCase().replaceAll(".", "_")
        const isSetting = everySetting.some(({ env }) => env.includes(name))
        const said = (yield* doubts(name)).map((line) => line.endsWith(`was ${env[0]} meant?`))
        assert.deepStrictEqual(said, isSetting ? [] : [true], name)
      }
    }
  }))

it.effect("a NOMINAL_ variable that resembles no setting is named", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* doubts("NOMINAL_COLOUR"), [
      "NOMINAL_COLOUR is in the environment, and is no setting: docs/configuration.md lists all of them"
    ])
  }))

it.effect("variables of CI systems, of other programs and of Kubernetes' services raise no doubt", () =>
  Effect.gen(function*() {
    const others = [
      "GITHUB_ACTIONS",
      "GITHUB_REPOSITORY",
      "GITHUB_API_URL",
      "GITHUB_SHA",
      "GITHUB_RUN_ID",
      "GITHUB_ACTOR_ID",
      "GITHUB_WORKSPACE",
      "GITHUB_EVENT_PATH",
      "GITHUB_EVENT_NAME",
      "GITHUB_HEAD_REF",
      "GITHUB_OUTPUT",
      "GH_TOKEN",
      "CI",
      "CI_JOB_TOKEN",
      "CI_PROJECT_ID",
      "CI_SERVER_HOST",
      "GITLAB_USER_LOGIN",
      "GITEA_TOKEN",
      "OPENAI_ORG_ID",
      "OPENAI_API_BASE",
      "ANTHROPIC_MODEL",
      "GEMINI_API_KEY",
      "MISTRAL_API_KEY",
      "AWS_REGION",
      "REDIS_HOST",
      "REDIS_PORT",
      "REDIS_SERVICE_HOST",
      "NOMINAL_CODE_SERVICE_HOST",
      "NOMINAL_CODE_PORT_8080_TCP",
      "AGENT_NAME",
      "AGENT_VERSION",
      "AGENT_TOOLSDIRECTORY",
      "AGENT_WORKFOLDER",
      "DD_AGENT_HOST",
      "PATH",
      "HOME",
      "TMPDIR",
      "LANG",
      "HTTPS_PROXY",
      "NODE_OPTIONS",
      "DATA_DIR",
      "STORAGE",
      "DRY_RUN",
      "PORT",
      "HOST",
      "KUBERNETES_SERVICE_HOST"
    ]
    for (const name of others) assert.deepStrictEqual(yield* doubts(name), [], name)
  }))

it.effect("where the setting itself is there, a name that resembles it is somebody else's", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* doubts("GITHUB_TOKEN", "GITHUB_TOKENS"), [])
  }))

it.effect("the doubt is a warning of the configuration, without the value", () =>
  Effect.gen(function*() {
    const { warnings } = yield* configured({ env: { ...complete, REDIS_URI: "redis://:s3cret@redis" } })
    assert.deepStrictEqual(warnings, [
      "redis.url (REDIS_URL): REDIS_URI is in the environment, and is no setting: was REDIS_URL meant?"
    ])
  }))

it.effect("where the configuration is refused, the doubt follows the problems", () =>
  Effect.gen(function*() {
    const { GITHUB_TOKEN: token, ...others } = complete
    const [missing = "", ...rest] = yield* problems({ env: { ...others, GITHUB_TOKN: token } })
    assert.match(missing, /^github\.token: GITHUB_TOKEN must be set /)
    assert.deepStrictEqual(rest, [
      "github.token (GITHUB_TOKEN): GITHUB_TOKN is in the environment, and is no setting: was GITHUB_TOKEN meant?"
    ])
  }))

it.effect("a name that two groups have raises no doubt, for nobody knows which one was meant", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* doubts("AGENT_LABELS"), [])
  }))

it.effect("no slip is missed: any other character in the place of any of a setting's name", () =>
  Effect.gen(function*() {
    const names = everySetting.flatMap(({ env: [name = ""] }) => name.length >= 12 ? [name] : [])
    for (const [index, name] of names.entries()) {
      const at = index % (name.length - 1)
      const wrong = `${name.slice(0, at)}QZ${name.slice(at + 2)}`
      const [said = ""] = yield* doubts(wrong)
      assert.include(said, `: ${wrong} is in the environment, and is no setting: was `)
    }
  }))
