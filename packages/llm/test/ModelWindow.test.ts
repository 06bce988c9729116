import { assert, describe, it } from "@effect/vitest"
import type { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Chat from "@nominal-code/llm/Chat"
import * as Google from "@nominal-code/llm/Google"
import type { LlmProvider } from "@nominal-code/llm/LlmProvider"
import type { ServiceSettings } from "@nominal-code/llm/ModelService"
import { listed, Patience } from "@nominal-code/llm/ModelWindow"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { Duration, Effect, Fiber, Option, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { ServerResponse } from "node:http"
import { type Reply, serve, silence, status } from "./ScriptedService.ts"

type Make = (settings: ServiceSettings) => Effect.Effect<LlmProvider["Service"]>

const chat = (service: ChatServiceName): Make => (settings) =>
  Chat.make({ ...settings, service, apiKey: Option.some(settings.apiKey) })

/** A provider in front of a service that answers this, and the windows that it tells. */
const scene = (
  make: Make,
  reply: Reply,
  path = "/v1"
): Effect.Effect<
  {
    readonly windowOf: (model: string) => Effect.Effect<number | null>
    readonly paths: () => ReadonlyArray<string>
  },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const { received, url } = yield* serve([reply])
    const provider = yield* make({
      apiKey: Redacted.make("k"),
      baseUrl: Option.some(`${url}${path}`),
      limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
    })
    return {
      windowOf: (model) => Effect.map(provider.windowOf?.(model) ?? Effect.succeedNone, Option.getOrNull),
      paths: () => received.map(({ url }) => url)
    }
  })

const services: ReadonlyArray<readonly [name: string, make: Make, told: unknown, asked: string]> = [
  ["Anthropic", Anthropic.make, { id: "m", type: "model", max_input_tokens: 65_536 }, "/v1/models/m"],
  ["Google", Google.make, { name: "models/m", inputTokenLimit: 65_536 }, "/v1beta/models/m"],
  ["OpenRouter", chat("openrouter"), { data: [{ id: "m", context_length: 65_536 }] }, "/v1/models"],
  ["Together", chat("together"), [{ id: "m", context_length: 65_536 }], "/v1/models"],
  ["Groq", chat("groq"), { data: [{ id: "m", context_window: 65_536 }] }, "/v1/models"],
  ["Mistral", chat("mistral"), { data: [{ id: "x" }, { id: "m", max_context_length: 65_536 }] }, "/v1/models"],
  ["vLLM", chat("vllm"), { data: [{ id: "m", max_model_len: 65_536 }] }, "/v1/models"],
  [
    "LM Studio",
    chat("lmstudio"),
    { data: [{ id: "m", max_context_length: 131_072, loaded_context_length: 65_536 }] },
    "/api/v0/models"
  ]
]

describe("the context window of a model", () => {
  it("is in the table for the models of the vendors, under the names of a cloud, too", () => {
    const known = (model: string) => Option.getOrNull(listed(model))
    assert.deepStrictEqual(
      [
        "claude-sonnet-5-5",
        "claude-haiku-4-5-20251001",
        "claude-sonnet-4-20250514",
        "claude-opus-4-5",
        "claude-opus-4-8",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gpt-4o-2024-08-06",
        "gpt-5",
        "gpt-6.1-sol",
        "gemini-3.8-flash",
        "a-model-of-my-own"
      ].map(known),
      [
        1_000_000,
        200_000,
        200_000,
        200_000,
        1_000_000,
        200_000,
        128_000,
        400_000,
        1_050_000,
        1_048_576,
        null
      ]
    )
  })

  it.live.each(services)("is what %s tells, asked for once", ([name, make, told, asked]) =>
    Effect.gen(function*() {
      const path = name === "Anthropic" || name === "Google" ? "" : "/v1"
      const { paths, windowOf } = yield* scene(make, status(200, told), path)
      assert.deepStrictEqual([yield* windowOf("m"), yield* windowOf("m"), paths()], [65_536, 65_536, [asked]])
    }))

  it.live("is what Ollama has loaded it with, and not what the model could have; it is loaded first if it is not", () =>
    Effect.gen(function*() {
      const running = (context_length: number) => ({
        models: [{ name: "other:latest", model: "other:latest", context_length: 1_024 }, {
          name: "m:latest",
          model: "m:latest",
          details: { family: "qwen3" },
          context_length
        }]
      })
      const loaded = yield* scene(chat("ollama"), status(200, running(65_536)))
      assert.deepStrictEqual([yield* loaded.windowOf("m"), yield* loaded.windowOf("m"), loaded.paths()], [
        65_536,
        65_536,
        ["/api/ps"]
      ])
      const { received, url } = yield* serve([
        status(200, { models: [] }),
        status(200, { model: "m", done: true, done_reason: "load" }),
        status(200, running(32_768))
      ])
      const cold = yield* chat("ollama")({
        apiKey: Redacted.make("k"),
        baseUrl: Option.some(`${url}/v1/`),
        limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
      })
      assert.deepStrictEqual(yield* cold.windowOf?.("m") ?? Effect.succeedNone, Option.some(32_768))
      assert.deepStrictEqual(received.map(({ url }) => url), ["/api/ps", "/api/generate", "/api/ps"])
      assert.deepStrictEqual(received[1]?.body, { model: "m", stream: false })
      assert.deepStrictEqual(received.map(({ headers }) => headers.authorization), ["Bearer k", "Bearer k", "Bearer k"])
    }))

  it.effect("is waited for while Ollama loads the model, for two minutes", () =>
    Effect.gen(function*() {
      const loading = Promise.withResolvers<ServerResponse>()
      const { url } = yield* serve([
        status(200, { models: [] }),
        loading.resolve,
        status(200, { models: [{ name: "m:latest", model: "m:latest", context_length: 32_768 }] })
      ])
      const slow = yield* chat("ollama")({
        apiKey: Redacted.make("k"),
        baseUrl: Option.some(`${url}/v1`),
        limits: { idle: Duration.seconds(5), attempt: Duration.seconds(5), total: Duration.seconds(5) }
      })
      const window = yield* Effect.forkChild(slow.windowOf?.("m") ?? Effect.succeedNone)
      const response = yield* Effect.promise(() => loading.promise)
      yield* TestClock.adjust("119 seconds")
      response.end("{}")
      assert.deepStrictEqual(yield* Fiber.join(window), Option.some(32_768))
    }))

  it.live("is asked of a server of one's own even if the table has the name, and of nobody else then", () =>
    Effect.gen(function*() {
      const told = status(200, { data: [{ id: "openai/gpt-oss-120b", max_model_len: 8_192 }] })
      const own = yield* scene(chat("vllm"), told)
      assert.strictEqual(yield* own.windowOf("openai/gpt-oss-120b"), 8_192)
      for (
        const [make, model, tokens] of [[chat("groq"), "openai/gpt-oss-120b", 131_072], [
          OpenAi.make,
          "m",
          null
        ]] as const
      ) {
        const other = yield* scene(make, told)
        assert.deepStrictEqual([yield* other.windowOf(model), other.paths()], [tokens, []])
      }
    }))

  it.live(
    "is not known where the service tells nonsense, or nothing in time, and that is no failure",
    () =>
      Effect.gen(function*() {
        const nonsense = [-1, 0, 3, 1e12, "many", null].map((max_model_len) =>
          status(200, { data: [{ id: "m", max_model_len }] })
        )
        for (
          const reply of [
            ...nonsense,
            status(200, "<html>"),
            status(200, { data: 7 }),
            status(401, { error: { message: "no" } }),
            status(307, "", { location: "http://127.0.0.1:1/" })
          ]
        ) {
          assert.isNull(yield* (yield* scene(chat("vllm"), reply)).windowOf("m"))
        }
        const slow = yield* scene(chat("vllm"), silence)
        assert.isNull(yield* Effect.provideService(slow.windowOf("m"), Patience, Option.some(Duration.millis(200))))
      })
  )
})
