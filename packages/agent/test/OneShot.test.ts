import { assert, describe, it } from "@effect/vitest"
import { LlmError } from "@nominal-code/llm/LlmError"
import { Effect, Option } from "effect"
import { call, runToResult, says, submit, task, text } from "./ScriptedModel.ts"

const settings = task().settings

const toolless = new LlmError({
  provider: "anthropic",
  reason: "invalid-request",
  message: "m does not support tools",
  refusesTools: true
})

describe("a model without tools", () => {
  it.effect("is asked once, for JSON, with everything that it needs to know", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(
        task({ settings: { ...settings, tools: "off" } }),
        [says([text("{\"summary\":\"Fine.\"}")])]
      )
      assert.deepStrictEqual([result.answer, result.stopped, result.turns], [
        Option.some({ summary: "Fine." }),
        "submitted",
        1
      ])
      assert.deepStrictEqual(requests.map(({ format, tools }) => [format, tools]), [["json", []]])
      assert.match(JSON.stringify(requests[0]?.messages), /The diff\.[^]*no tools[^]*JSON Schema[^]*summary/)
    }))

  it.effect("may put its answer between other words", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task({ settings: { ...settings, tools: "off" } }), [
        says([text("Here it is:\n```json\n{ \"summary\": \"Fine.\" }\n```\nGood luck!")])
      ])
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Fine." }))
    }))

  it.effect("that answers with something else leaves its text", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task({ settings: { ...settings, tools: "off" } }), [says([text("Fine.")])])
      assert.deepStrictEqual([result.answer, result.text, result.stopped], [Option.none(), "Fine.", "prose"])
    }))

  it.effect("is found out by its refusal", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [toolless, says([text("{\"summary\":\"Fine.\"}")])])
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Fine." }))
      assert.deepStrictEqual(requests.map(({ tools }) => tools.length > 0), [true, false])
    }))

  it.effect("sees no earlier conversation, because it holds calls of tools", () =>
    Effect.gen(function*() {
      const history = {
        messages: [
          { role: "user" as const, content: [text("The first diff.")] },
          { role: "assistant" as const, content: [call("Read")] }
        ]
      }
      const { requests } = yield* runToResult(task({ history, settings: { ...settings, tools: "off" } }), [
        says([text("{\"summary\":\"Fine.\"}")])
      ])
      assert.notInclude(JSON.stringify(requests[0]?.messages), "The first diff.")
    }))
})

describe("a model with a small window", () => {
  const small = { ...settings, contextWindow: 8_000 }

  it.effect("has a quarter of it for its answer", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(task({ settings: small }), [says([submit()])])
      assert.strictEqual(requests[0]?.maxOutputTokens, 2_000)
    }))

  it.effect("never gets a prompt that it would have to cut: the task makes a shorter one", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(
        task({
          settings: small,
          prompt: "diff ".repeat(20_000),
          shorter: Effect.succeedSome("A part of the diff.")
        }),
        [says([submit()])]
      )
      assert.deepStrictEqual(requests.length, 1)
      assert.include(JSON.stringify(requests[0]?.messages), "A part of the diff.")
      assert.notInclude(JSON.stringify(requests[0]?.messages), "diff diff")
    }))

  it.effect("is known by its service, unless the settings say another size", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const windowOf = (model: string) => {
        asked.push(model)
        return Effect.succeedSome(8_000)
      }
      for (const [contextWindow, tokens] of [[undefined, 2_000], [12_000, 3_000]] as const) {
        const own = contextWindow === undefined ? settings : { ...settings, contextWindow }
        const { requests } = yield* runToResult(task({ settings: own }), [says([submit()])], { windowOf })
        assert.strictEqual(requests[0]?.maxOutputTokens, tokens)
      }
      assert.deepStrictEqual(asked, [settings.model])
    }))
})
