import { assert, describe, it } from "@effect/vitest"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as Chat from "@nominal-code/llm/Chat"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { Duration, Effect, Layer, Option } from "effect"
import { type Dialect, dialects, type Part } from "../../llm/test/Dialects.ts"
import { type Reply, serve, status } from "../../llm/test/ScriptedService.ts"
import { type Answer, task, tool } from "./ScriptedModel.ts"
import { services } from "./StrictServices.ts"

/** Window of the models, in tokens of three bytes. */
const window = 32_000

/** Refusals of a conversation that is too long, in the words of each service. */
const refusals: Readonly<Record<string, object>> = {
  Anthropic: { error: { type: "invalid_request_error", message: "prompt is too long: 40000 tokens > 32000 maximum" } },
  OpenAI: { error: { code: "context_length_exceeded", message: "Your input exceeds the context window" } },
  Google: {
    error: {
      code: 400,
      status: "INVALID_ARGUMENT",
      message: "The input token count exceeds the maximum number allowed"
    }
  },
  "Chat Completions": { error: { message: "This model's maximum context length is 32000 tokens" } }
}

const strict: Readonly<Record<string, string>> = {
  Anthropic: "anthropic",
  OpenAI: "openai",
  Google: "google",
  "Chat Completions": "deepseek"
}

/** A service that counts what it is sent, refuses what is longer than its window, and reads until its turns are over. */
const scene = Effect.fnUntraced(function*({ against, name, request: { model }, write }: Dialect, turns: number) {
  const accepted: Array<string> = []
  let refused = 0
  const reply: Reply = (response) => {
    const text = received.at(-1)?.text ?? ""
    const uncached = Math.ceil(Buffer.byteLength(text) / 3)
    if (uncached > window) {
      refused++
      return status(400, refusals[name])(response)
    }
    accepted.push(text)
    const turn = accepted.length
    const calls: ReadonlyArray<Part> = turn === turns
      ? [{ id: "s", name: "submit_review", json: "{\"summary\":\"Fine.\"}" }]
      : [
        { id: `r${turn}`, name: "Read", json: `{"path":"${turn}.ts"}` },
        { id: `n${turn}`, name: "WriteNotes", json: `{"content":"note ${turn}"}` }
      ]
    const events = write([{ text: `Turn ${turn}.` }, ...calls], { counts: { uncached, cached: 0, output: 100 } })
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(events)
  }
  const { received, send } = yield* against([reply])
  const run = (windowOf: number | undefined, changes: Partial<AgentTask<Answer>>) => {
    const llm = LlmProvider.of({
      name: "anthropic",
      send,
      ...(windowOf === undefined ? {} : { windowOf: () => Effect.succeedSome(windowOf) })
    })
    const agent = ApiAgent.layer.pipe(Layer.provide(LlmProviders.layer([Layer.succeed(LlmProvider, llm)])))
    const read = tool("Read", ({ path = "" }) => Effect.succeed(`${path} `.repeat(2_000)))
    const settings = { provider: "anthropic", model, maxTurns: 40 }
    return Effect.provide(
      AgentRunner.use((runner) => runner.run(task({ settings, tools: [read], ...changes }))),
      agent
    )
  }
  return { accepted, refused: () => refused, run }
})

const complaints = (name: string, text: string) =>
  services.find((service) => service.name === strict[name])?.complaints(JSON.parse(text)) ?? ["no service"]

describe.each(dialects.filter(({ name }) => name in refusals))("a long review at $name", (dialect) => {
  it.live.each([["is known", window], ["is not known", undefined]] as const)(
    "goes on in a window that %s, with the prompt, the notes and the last turns",
    ([, known]) =>
      Effect.gen(function*() {
        const { accepted, refused, run } = yield* scene(dialect, 25)
        const { stopped, turns } = yield* run(known, {})
        assert.deepStrictEqual([stopped, turns], ["submitted", 25])
        for (const text of accepted) {
          assert.deepStrictEqual(complaints(dialect.name, text), [])
          assert.include(text, "The diff.")
        }
        const last = accepted.at(-1) ?? ""
        assert.include(last, "[context compacted]")
        for (const turn of [1, 10, 24]) assert.include(last, `note ${turn}`)
        for (const kept of ["23.ts 23.ts", "24.ts 24.ts"]) assert.include(last, kept)
        assert.notInclude(last, "10.ts 10.ts")
        if (known === undefined) return assert.isAbove(refused(), 0)
        assert.deepStrictEqual([refused(), accepted.filter((text) => text.includes("was too long)"))], [0, []])
      })
  )

  it.live("whose first prompt is refused as too long is fitted until it is taken", () =>
    Effect.gen(function*() {
      for (const known of [window, undefined]) {
        const { accepted, refused, run } = yield* scene(dialect, 2)
        let bytes = 400_000
        const shorter = Effect.sync(() => {
          bytes /= 2
          return Option.some(`${"d".repeat(bytes)} The diff.`)
        })
        const { stopped } = yield* run(known, { prompt: `${"d".repeat(bytes)} The diff.`, shorter })
        assert.deepStrictEqual([stopped, bytes < 3 * window, accepted.length], ["submitted", true, 2])
        assert.strictEqual(refused() > 0, known === undefined)
      }
    }))
})

it.live("a server of one's own tells its window, and is never sent more", () =>
  Effect.gen(function*() {
    const { write } = dialects.find(({ name }) => name === "Chat Completions") ?? assert.fail()
    const { received, url } = yield* serve([(response) => {
      const last = received.at(-1)
      if (last?.url === "/v1/models") return status(200, { data: [{ id: "m", max_model_len: window }] })(response)
      assert.isAtMost((last?.text.length ?? 0) / 3, window)
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(write([{ id: "s", name: "submit_review", json: "{\"summary\":\"Fine.\"}" }]))
    }])
    const limits = { idle: Duration.seconds(20), attempt: Duration.seconds(20), total: Duration.seconds(20) }
    const chat = Chat.layer({ service: "vllm", apiKey: Option.none(), baseUrl: Option.some(`${url}/v1`), limits })
    const agent = ApiAgent.layer.pipe(Layer.provide(LlmProviders.layer([chat])))
    const settings = { provider: "vllm", model: "m", maxTurns: 4 }
    const given = task({ settings, prompt: "d".repeat(400_000), shorter: Effect.succeedSome("The diff.") })
    const { stopped } = yield* Effect.provide(AgentRunner.use((runner) => runner.run(given)), agent)
    assert.deepStrictEqual([stopped, received.map(({ url }) => url)], [
      "submitted",
      ["/v1/models", "/v1/chat/completions"]
    ])
    assert.include(received[1]?.text, "The diff.")
    assert.strictEqual(received[1]?.body.max_tokens, window / 4)
  }))
