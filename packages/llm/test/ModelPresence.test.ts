import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Azure from "@nominal-code/llm/Azure"
import * as Bedrock from "@nominal-code/llm/Bedrock"
import type { LlmProvider } from "@nominal-code/llm/LlmProvider"
import { EntraIdentity } from "@nominal-code/llm/openai/EntraToken"
import * as Vertex from "@nominal-code/llm/Vertex"
import { Duration, Effect, Option, Redacted } from "effect"
import { type Reply, serve, status } from "./ScriptedService.ts"

const limits = { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
const credentials = Option.some({
  accessKeyId: Redacted.make("AKIDEXAMPLE"),
  secretAccessKey: Redacted.make("secret"),
  sessionToken: Option.none()
})

const presence = ({ presenceOf }: LlmProvider["Service"], model: string) =>
  presenceOf === undefined ? Effect.die("it does not tell") : presenceOf(model)

const thereAlone = Option.some({ isThere: true, others: [] })

const bedrock = Effect.fnUntraced(function*(replies: ReadonlyArray<Reply>, withKey = false) {
  const { received, url } = yield* serve(replies)
  const provider = yield* Bedrock.make({
    region: "eu-central-1",
    apiKey: withKey ? Option.some(Redacted.make("ABSK-key")) : Option.none(),
    credentials,
    baseUrl: Option.none(),
    listUrl: url,
    limits
  })
  return { provider, received }
})

const azure = Effect.fnUntraced(function*(reply: Reply, key = Option.some(Redacted.make("azure-key"))) {
  const { received, url } = yield* serve([reply])
  const provider = yield* Azure.make({
    endpoint: `${url}/openai/v1/`,
    apiKey: key,
    apiVersion: Option.none(),
    identity: EntraIdentity.cases.Token.make({ token: Redacted.make("entra-token") }),
    limits
  }).pipe(Effect.provide(NodeServices.layer))
  return { provider, received }
})

describe("the presence of a model in a cloud", () => {
  it.live("Bedrock is asked, with a signature, for an inference profile or for a model by its own name", () =>
    Effect.gen(function*() {
      const { provider, received } = yield* bedrock([status(200, { status: "ACTIVE" })])
      const models = ["eu.anthropic.claude-sonnet-5-5", "anthropic.claude-haiku-4-5-20251001-v1:0"]
      for (const model of models) assert.deepStrictEqual(yield* presence(provider, model), thereAlone)
      assert.deepStrictEqual(received.map(({ url }) => url), [
        "/inference-profiles/eu.anthropic.claude-sonnet-5-5",
        "/foundation-models/anthropic.claude-haiku-4-5-20251001-v1%3A0"
      ])
      assert.match(
        String(received[0]?.headers.authorization),
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request/
      )
      const keyed = yield* bedrock([status(200, {})], true)
      yield* presence(keyed.provider, models[0] ?? "")
      assert.strictEqual(keyed.received[0]?.headers.authorization, "Bearer ABSK-key")
    }))

  it.live("Bedrock names the profiles that there are, and a role that may not list any is no problem", () =>
    Effect.gen(function*() {
      const profiles = ["eu.anthropic.claude-sonnet-5-5", "global.anthropic.claude-sonnet-5-5"]
      const list = status(200, {
        inferenceProfileSummaries: profiles.map((inferenceProfileId) => ({ inferenceProfileId, status: "ACTIVE" }))
      })
      for (const [code, listed, others] of [[404, list, profiles], [400, status(403, {}), []]] as const) {
        const { provider } = yield* bedrock([status(code, { message: "no" }), listed])
        assert.deepStrictEqual(
          yield* presence(provider, "us.anthropic.claude-9"),
          Option.some({ isThere: false, others })
        )
      }
      const { provider } = yield* bedrock([status(403, { message: "not authorized to perform this action" })])
      assert.deepStrictEqual(yield* presence(provider, "us.anthropic.claude-9"), Option.none())
      const own = yield* Bedrock.make({
        region: "eu-central-1",
        apiKey: Option.none(),
        credentials,
        baseUrl: Option.some("http://127.0.0.1:1"),
        limits
      })
      assert.deepStrictEqual(yield* presence(own, "us.anthropic.claude-9"), Option.none())
    }))

  it.live("Azure is asked for the deployments of the resource, and refuses a key that is not its", () =>
    Effect.gen(function*() {
      const { provider, received } = yield* azure(
        status(200, { data: [{ id: "review", model: "gpt-6.1-sol" }, { id: "small", model: "gpt-6-luna" }] })
      )
      const others = ["review", "small"]
      assert.deepStrictEqual(yield* presence(provider, "review"), Option.some({ isThere: true, others }))
      assert.deepStrictEqual(yield* presence(provider, "gpt-6.1-sol"), Option.some({ isThere: false, others }))
      assert.strictEqual(received[0]?.url, "/openai/deployments?api-version=2023-03-15-preview")
      assert.strictEqual(received[0]?.headers["api-key"], "azure-key")
      const refused = yield* azure(status(401, { error: { message: "Access denied" } }))
      const error = yield* Effect.flip(presence(refused.provider, "review"))
      assert.deepStrictEqual([error.reason, error.message.includes("azure-key")], ["unauthorized", false])
      for (const reply of [status(404, {}), status(500, { data: [] }), status(200, "<html>")]) {
        const { provider } = yield* azure(reply)
        assert.deepStrictEqual(yield* presence(provider, "review"), Option.none())
      }
      const moved = yield* azure(status(302, "", { location: "/elsewhere" }))
      assert.strictEqual((yield* Effect.flip(presence(moved.provider, "review"))).reason, "unavailable")
      const identified = yield* azure(status(200, { data: [{ id: "review" }] }), Option.none())
      assert.deepStrictEqual(
        yield* presence(identified.provider, "review"),
        Option.some({ isThere: true, others: ["review"] })
      )
      const { authorization, "api-key": key } = identified.received[0]?.headers ?? {}
      assert.deepStrictEqual([authorization, key], ["Bearer entra-token", undefined])
    }))

  it.live("Vertex counts a word's tokens, which is free and needs what a call needs", () =>
    Effect.gen(function*() {
      const scene = Effect.fnUntraced(function*(reply: Reply) {
        const { received, url } = yield* serve([reply])
        const provider = yield* Vertex.make({
          project: "",
          location: "global",
          apiKey: Option.some(Redacted.make("AQ.key")),
          baseUrl: Option.some(url),
          credentialsFile: Option.none(),
          limits
        })
        return { provider, received }
      })
      const { provider, received } = yield* scene(status(200, { totalTokens: 1 }))
      assert.deepStrictEqual(yield* presence(provider, "gemini-3.8-flash"), thereAlone)
      assert.strictEqual(received[0]?.url, "/v1/publishers/google/models/gemini-3.8-flash:countTokens")
      const gone = yield* scene(
        status(404, { error: { code: 404, message: "Publisher Model `gemini-9` was not found", status: "NOT_FOUND" } })
      )
      assert.deepStrictEqual(yield* presence(gone.provider, "gemini-9"), Option.some({ isThere: false, others: [] }))
      const refused = yield* scene(
        status(403, { error: { code: 403, message: "Permission denied", status: "PERMISSION_DENIED" } })
      )
      assert.strictEqual((yield* Effect.flip(presence(refused.provider, "gemini-9"))).reason, "unauthorized")
      const claude = yield* scene(status(200, { totalTokens: 1 }))
      assert.deepStrictEqual(yield* presence(claude.provider, "claude-sonnet-5-5"), Option.none())
      assert.deepStrictEqual(claude.received, [])
    }))
})
