import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Effect } from "effect"
import { env } from "node:process"
import { against, fine, key, request, Text } from "./OpenAiScene.ts"
import * as Wire from "./OpenAiWire.ts"
import type { Reply } from "./ScriptedService.ts"

const Opaque = Block.cases.Opaque.make
const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })
const called = (id: string, input: unknown = {}) =>
  Block.cases.ToolUse.make({ id, name: "Read", input: input as { readonly file_path?: string } })
const result = (toolUseId: string, content: string, isError = false) =>
  Block.cases.ToolResult.make({ toolUseId, content, isError })

const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" }

describe("the request", () => {
  it.live("carries the key in its header, and nothing of it is kept by the service", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send(request)
      const [{ body, headers } = { body: {}, headers: {} }] = received
      assert.strictEqual(headers.authorization, `Bearer ${key}`)
      const { include, instructions, max_output_tokens: max, store, stream, tool_choice: choice } = body
      assert.deepStrictEqual([instructions, max, store, stream, choice], ["You review.", 16_384, false, true, "auto"])
      assert.deepStrictEqual(include, ["reasoning.encrypted_content"])
      assert.doesNotHaveAnyKeys(body, ["previous_response_id", "reasoning"])
    }))

  it.live("has the tools in OpenAI's shape, and none of them is strict", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({ ...request, toolChoice: "required" })
      assert.strictEqual(received[0]?.body.tool_choice, "required")
      assert.deepStrictEqual(received[0]?.body.tools, [
        {
          type: "function",
          name: "Read",
          description: "Reads",
          parameters: { type: "object", properties: { path: { type: "string" } } },
          strict: false
        },
        {
          type: "function",
          name: "submit_review",
          description: "Submits",
          parameters: { type: "object", properties: {} },
          strict: false
        }
      ])
    }))

  it.live("has the conversation as items, and its beginning is the same from turn to turn", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      const second = [
        ...request.messages,
        assistant(
          Opaque({ provider: "openai", value: thought }),
          Opaque({ provider: "anthropic", value: { type: "thinking", signature: "s" } }),
          Text("Let me look."),
          called("c1", { file_path: "a.ts" }),
          called("c2")
        ),
        user(result("c1", "text"), result("c2", "File not found: b.ts", true), Text(" "), Text("Go on."))
      ]
      yield* send(request)
      yield* send({ ...request, messages: second })
      const [one, two] = received.map(({ body }) => body)
      assert.deepStrictEqual(one.input, [{ type: "message", role: "user", content: "Review this." }])
      assert.deepStrictEqual(two.input, [
        ...one.input,
        thought,
        { type: "message", role: "assistant", content: "Let me look." },
        { type: "function_call", call_id: "c1", name: "Read", arguments: "{\"file_path\":\"a.ts\"}" },
        { type: "function_call", call_id: "c2", name: "Read", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "text" },
        { type: "function_call_output", call_id: "c2", output: "File not found: b.ts" },
        { type: "message", role: "user", content: "Go on." }
      ])
      assert.deepStrictEqual([two.instructions, two.tools], [one.instructions, one.tools])
    }))

  it.live("leaves out a thought that the service would refuse: one of which nothing came, one that it has not kept", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({
        ...request,
        messages: [
          ...request.messages,
          assistant(Text("So."), Opaque({ provider: "openai", value: thought })),
          user(Text("Go on.")),
          assistant(Opaque({ provider: "openai", value: { ...thought, encrypted_content: null } }), Text("Well."))
        ]
      })
      assert.notInclude(JSON.stringify(received[0]?.body), "rs_1")
    }))

  it.live("leaves tools and instructions out when there are none", () =>
    Effect.gen(function*() {
      const { received, send } = yield* against([fine])
      yield* send({ ...request, system: "", tools: [] })
      assert.doesNotHaveAnyKeys(received[0]?.body, ["tools", "tool_choice", "instructions"])
    }))

  for (const model of ["gpt-4.1", "gpt-4.1-mini-2025-04-14", "gpt-4o", "gpt-5-chat-latest"]) {
    it.live(`asks ${model} for no thoughts, which it does not have`, () =>
      Effect.gen(function*() {
        const { received, send } = yield* against([fine])
        const messages = [...request.messages, assistant(Opaque({ provider: "openai", value: thought }), Text("So."))]
        yield* send({ ...request, model, messages })
        assert.notProperty(received[0]?.body, "include")
        assert.notInclude(JSON.stringify(received[0]?.body), "gAAAA")
      }))
  }

  it.live("is made again without thoughts for a model that refuses to be asked for them, from then on at once", () =>
    Effect.gen(function*() {
      const unsupported = Wire.failed(400, {
        message: "Encrypted content is not supported with this model.",
        param: "include"
      })
      const { received, send } = yield* against([unsupported, fine])
      yield* send({ ...request, model: "mine" })
      yield* send({ ...request, model: "mine" })
      assert.deepStrictEqual(received.map(({ body }) => "include" in body), [true, false, false])
    }))

  it.live("takes nothing from the variables that the SDK would read", () =>
    Effect.gen(function*() {
      const names = ["OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"]
      const set = Effect.sync(() => names.forEach((name) => env[name] = "http://127.0.0.1:1/of-the-environment"))
      const unset = Effect.sync(() => names.forEach((name) => delete env[name]))
      const { received, send } = yield* against([fine])
      yield* Effect.acquireUseRelease(set, () => send(request), () => unset)
      assert.strictEqual(received.length, 1)
      assert.notInclude(JSON.stringify(received[0]?.headers), "of-the-environment")
    }))
})

describe("the answer", () => {
  it.live("is put together from its items, with the tokens that it used", () =>
    Effect.gen(function*() {
      const { send } = yield* against([
        Wire.answer([
          Wire.reasoning("gAAAA"),
          Wire.message("Let me look."),
          { type: "web_search_call", id: "ws_1" },
          Wire.call("c1", "Read", "{\"file_path\":\"a.ts\"}"),
          Wire.call("c2", "Glob", "")
        ], {
          usage: {
            input_tokens: 1_000,
            input_tokens_details: { cached_tokens: 900, cache_write_tokens: 80 },
            output_tokens: 42
          }
        })
      ])
      const { content, stop, usage } = yield* send(request)
      assert.deepStrictEqual(content, [
        Opaque({ provider: "openai", value: thought }),
        Text("Let me look."),
        Block.cases.ToolUse.make({ id: "c1", name: "Read", input: { file_path: "a.ts" } }),
        Block.cases.ToolUse.make({ id: "c2", name: "Glob", input: {} })
      ])
      assert.strictEqual(stop, "tool-use")
      assert.deepStrictEqual({ ...usage }, { input: 20, output: 42, cacheRead: 900, cacheWrite: 80 })
    }))

  // The usage of the service's guide to reasoning models: thoughts are part of the output.
  it.live("counts thoughts with the output, by the service's own example", () =>
    Effect.gen(function*() {
      const { send } = yield* against([
        Wire.answer([Wire.message("x")], {
          usage: {
            input_tokens: 75,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 1_186,
            output_tokens_details: { reasoning_tokens: 1_024 },
            total_tokens: 1_261
          }
        })
      ])
      assert.deepStrictEqual({ ...(yield* send(request)).usage }, {
        input: 75,
        output: 1_186,
        cacheRead: 0,
        cacheWrite: 0
      })
    }))

  it.live("goes back as it came: with its thoughts, and with what each text was meant to be", () =>
    Effect.gen(function*() {
      const commentary = Wire.message("I look around.", { phase: "commentary" })
      const { received, send } = yield* against([
        Wire.answer([Wire.reasoning("gAAAA"), commentary, Wire.call("c1", "Read")])
      ])
      const { content } = yield* send(request)
      const messages = [...request.messages, assistant(...content), user(result("c1", "text"))]
      yield* send({ ...request, messages })
      assert.deepStrictEqual(received[1]?.body.input.slice(1, 4), [
        thought,
        { type: "message", role: "assistant", content: "I look around.", phase: "commentary" },
        { type: "function_call", call_id: "c1", name: "Read", arguments: "{}" }
      ])
    }))

  const stops: ReadonlyArray<readonly [string, Reply, string]> = [
    ["has said what it had to say", fine, "end"],
    ["has reached its limit", Wire.answer([Wire.message("x")], { cut: "max_output_tokens" }), "length"],
    ["was cut for a reason of next year", Wire.answer([Wire.message("x")], { cut: "bored" }), "length"],
    ["was filtered", Wire.answer([Wire.message("x")], { cut: "content_filter" }), "refusal"],
    ["is a refusal", Wire.answer([Wire.refusal("I cannot.")]), "refusal"]
  ]
  for (const [what, reply, meant] of stops) {
    it.live(`that ${what} stopped by "${meant}"`, () =>
      Effect.gen(function*() {
        const { send } = yield* against([reply])
        assert.strictEqual((yield* send(request)).stop, meant)
      }))
  }

  it.live("that is a refusal holds its words", () =>
    Effect.gen(function*() {
      const { send } = yield* against([Wire.answer([Wire.refusal("I cannot.")])])
      assert.deepStrictEqual((yield* send(request)).content, [Text("I cannot.")])
    }))

  it.live("that was cut off inside a call's arguments does not hold the call, but what was written before", () =>
    Effect.gen(function*() {
      const broken = Wire.call("c1", "submit_review", "{\"summary\":\"a", { status: null })
      const unbegun = Wire.call("c3", "submit_review", "", { status: "incomplete" })
      const { send } = yield* against([
        Wire.answer([Wire.message("So:")], { cut: "max_output_tokens", undone: [broken] }),
        Wire.answer([Wire.call("c2", "Read"), broken, unbegun], { cut: "max_output_tokens" })
      ])
      assert.deepStrictEqual((yield* send(request)).content, [Text("So:")])
      assert.deepStrictEqual((yield* send(request)).content, [called("c2")])
    }))

  it.live("without a word about tokens is counted by its texts, so that it does not look free", () =>
    Effect.gen(function*() {
      const whole = { type: "response.completed", response: { output: [Wire.message("All well.")], usage: null } }
      const { send } = yield* against([Wire.raw(`data: ${JSON.stringify(whole)}\n\n`)])
      const { content, usage } = yield* send(request)
      assert.deepStrictEqual(content, [Text("All well.")])
      assert.isAbove(usage.input, 0)
      assert.isAbove(usage.output, 0)
    }))
})
