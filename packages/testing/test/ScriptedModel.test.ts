import { assert, it } from "@effect/vitest"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Effect } from "effect"

type Messages = ReadonlyArray<{ readonly role: string; readonly content: unknown }>

const send = ({ url }: ScriptedModel.ScriptedModel, messages: Messages) =>
  Effect.promise(() =>
    fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "k", "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ model: "claude-sonnet-5", max_tokens: 100, messages, tools: [{ name: "Read" }] })
    }).then((response) => response.text().then((text) => ({ status: response.status, json: JSON.parse(text) })))
  )

const ask = { role: "user", content: "## Pull request #7 on acme/shop\nReview it." }
const read = { type: "tool_use", id: "t1", name: "Read", input: { path: "a.ts" } }
const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "text of a.ts" }] }

it.effect("answers turn by turn, and tells what it was asked", () =>
  Effect.gen(function*() {
    const model = yield* ScriptedModel.make
    model.script(ScriptedModel.turns(
      { calls: [{ name: "Read", input: { path: "a.ts" } }, { name: "Grep", input: { pattern: "x" } }], latency: 30 },
      { calls: [ScriptedModel.submitReview("Fine", [])], usage: { input: 10, output: 2 } }
    ))
    const first = yield* send(model, [ask])
    assert.deepStrictEqual(first.json.content.map((block: { readonly name: string }) => block.name), ["Read", "Grep"])
    assert.strictEqual(first.json.stop_reason, "tool_use")
    const second = yield* send(model, [ask, { role: "assistant", content: [read] }, result])
    assert.deepStrictEqual(second.json.content[0].input, { summary: "Fine", comments: [] })
    assert.deepStrictEqual(second.json.usage, { input_tokens: 10, output_tokens: 2 })
    assert.deepStrictEqual(
      model.turns.map(({ request: { pull, tools, toolResults, turn } }) => ({ pull, turn, tools, toolResults })),
      [
        { pull: "acme/shop#7", turn: 0, tools: ["Read"], toolResults: [] },
        { pull: "acme/shop#7", turn: 1, tools: ["Read"], toolResults: ["text of a.ts"] }
      ]
    )
    assert.isAtLeast(model.thought(), 30)
  }))

it.effect("refuses a conversation in which a tool call is not answered", () =>
  Effect.gen(function*() {
    const model = yield* ScriptedModel.make
    model.script(() => ({ text: "Yes" }))
    const { json, status } = yield* send(model, [ask, { role: "assistant", content: [read] }, ask])
    assert.strictEqual(status, 400)
    assert.match(json.error.message, /`tool_use` ids were found without `tool_result` blocks.*t1/)
    assert.strictEqual(model.violations.length, 1)
  }))

it.effect("asks the newest script first, and keeps what none answers", () =>
  Effect.gen(function*() {
    const model = yield* ScriptedModel.make
    assert.strictEqual((yield* send(model, [ask])).status, 400)
    assert.strictEqual(model.unanswered.length, 1)
    model.script(() => ({ text: "old" }))
    model.script(({ pull }) => pull === "acme/shop#7" ? { error: { status: 529, message: "Overloaded" } } : undefined)
    assert.strictEqual((yield* send(model, [ask])).status, 529)
    assert.strictEqual((yield* send(model, [{ role: "user", content: "Hello" }])).json.content[0].text, "old")
  }))

it.effect("takes the calls that OpenAI's protocol has as items of their own for one answer", () =>
  Effect.gen(function*() {
    const model = yield* ScriptedModel.make
    model.script(({ toolResults, turn }) => ({ text: `${turn}: ${toolResults.join(", ")}` }))
    const call = (id: string) => ({ type: "function_call", call_id: id, name: "Read", arguments: "{}" })
    const output = (id: string) => ({ type: "function_call_output", call_id: id, output: id })
    const { OPENAI_BASE_URL: url = "" } = ScriptedModel.variables(model.url, "openai", "k")
    const input = [ask, call("a"), call("b"), output("a"), output("b")]
    const body = JSON.stringify({ model: "gpt-4.1", input, stream: false })
    const answer = yield* Effect.promise(() =>
      fetch(`${url}/responses`, { method: "POST", headers: { authorization: "Bearer k" }, body }).then((response) =>
        response.text()
      )
    )
    assert.include(answer, "1: a, b")
    assert.deepStrictEqual(model.violations, [])
  }))
