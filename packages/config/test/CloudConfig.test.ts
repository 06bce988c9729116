import { assert, it } from "@effect/vitest"
import type { AppConfig } from "@nominal-code/config/AppConfig"
import { Effect, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const ofCloud = ({ providers }: AppConfig["Service"]) =>
  providers.map(({ baseUrl, cloud, name }) => ({ name, baseUrl, cloud }))

it.effect("models of a cloud are asked with its account, and with the role of the process where no key is set", () =>
  Effect.gen(function*() {
    const { ANTHROPIC_API_KEY: _, ...env } = complete
    const bedrock = { ...env, AGENT_PROVIDER: "bedrock", AWS_REGION: "eu-central-1" }
    const none = Option.none()
    assert.deepStrictEqual(ofCloud(yield* configured({ env: bedrock })), [
      { name: "bedrock", baseUrl: none, cloud: { _tag: "Bedrock", region: "eu-central-1", credentials: none } }
    ])
    const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" }
    const [{ cloud } = assert.fail()] = ofCloud(yield* configured({ env: { ...bedrock, ...keys } }))
    assert.isTrue(
      cloud?._tag === "Bedrock" &&
        Option.exists(
          cloud.credentials,
          ({ sessionToken }) => Option.exists(sessionToken, (token) => Redacted.value(token) === "token")
        )
    )
    const vertex = { ...env, AGENT_PROVIDER: "vertex", GOOGLE_CLOUD_PROJECT: "p", GOOGLE_APPLICATION_CREDENTIALS: "/c" }
    assert.deepStrictEqual(ofCloud(yield* configured({ env: vertex })), [{
      name: "vertex",
      baseUrl: none,
      cloud: { _tag: "Vertex", project: "p", location: "global", credentialsFile: Option.some("/c") }
    }])
    const azure = { ...env, AGENT_PROVIDER: "azure", AGENT_MODEL: "d", AZURE_OPENAI_ENDPOINT: "https://r.example/" }
    const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" }
    for (
      const [variables, identity] of [
        [{}, { _tag: "Managed" }],
        [{ AZURE_CLIENT_ID: "c" }, { _tag: "Managed", clientId: "c" }],
        [application, { _tag: "Managed", clientId: "c" }],
        [{ AZURE_CLIENT_SECRET: "s", AZURE_FEDERATED_TOKEN_FILE: "/t" }, { _tag: "Managed" }],
        [{ IDENTITY_ENDPOINT: "http://169.254.129.3:8081/msi/token", IDENTITY_HEADER: "h" }, {
          _tag: "Managed",
          host: { endpoint: "http://169.254.129.3:8081/msi/token", header: Redacted.make("h") }
        }],
        [{ ...application, AZURE_FEDERATED_TOKEN_FILE: "/t" }, {
          _tag: "Workload",
          tenantId: "t",
          clientId: "c",
          tokenFile: "/t"
        }],
        [{ ...application, AZURE_CLIENT_SECRET: "s" }, {
          _tag: "ClientSecret",
          tenantId: "t",
          clientId: "c",
          secret: Redacted.make("s")
        }],
        [{ ...application, AZURE_OPENAI_AD_TOKEN: "a" }, { _tag: "Token", token: Redacted.make("a") }]
      ] as const
    ) {
      assert.deepStrictEqual(ofCloud(yield* configured({ env: { ...azure, ...variables } })), [{
        name: "azure",
        baseUrl: Option.some("https://r.example"),
        cloud: { _tag: "Azure", apiVersion: none, identity, authority: none }
      }])
    }
  }))

it.effect("what an account of a cloud lacks is told at the start, by the name of its variable", () =>
  Effect.gen(function*() {
    const lacks = (env: Record<string, string>) => problems({ env: { ...complete, ...env } })
    assert.deepStrictEqual(yield* lacks({ AGENT_PROVIDER: "bedrock" }), [
      "AWS_REGION must be set: the provider \"bedrock\" needs a region"
    ])
    assert.deepStrictEqual(
      yield* lacks({ AGENT_PROVIDER: "bedrock", AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "AKID" }),
      ["AWS_SECRET_ACCESS_KEY: must be set beside the other half of the access key"]
    )
    assert.deepStrictEqual(
      yield* lacks({ AGENT_PROVIDER: "bedrock", AWS_REGION: "eu-central-1", AWS_SECRET_ACCESS_KEY: "secret" }),
      ["AWS_ACCESS_KEY_ID: must be set beside the other half of the access key"]
    )
    assert.deepStrictEqual(yield* lacks({ AGENT_PROVIDER: "vertex" }), [
      "GOOGLE_CLOUD_PROJECT must be set: the provider \"vertex\" needs a project"
    ])
    assert.deepStrictEqual(yield* lacks({ AGENT_PROVIDER: "vertex", VERTEX_API_KEY: "k" }), [])
    assert.deepStrictEqual(yield* lacks({ AGENT_PROVIDER: "azure", AGENT_MODEL: "d" }), [
      "AZURE_OPENAI_ENDPOINT must be set: the provider \"azure\" has no usual address"
    ])
  }))
