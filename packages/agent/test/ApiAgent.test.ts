import { assert, describe, it } from "@effect/vitest"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { LlmError } from "@nominal-code/llm/LlmError"
import { ToolError } from "@nominal-code/workspace/Tool"
import { Deferred, Effect, Option } from "effect"
import { call, run, runToResult, says, submit, task, text, tool, turns, usage } from "./ScriptedModel.ts"
import { textOf, violations } from "./Transcript.ts"

const results = (message: Message | undefined) => (message?.content ?? []).filter(Block.guards.ToolResult)
const contents = (message: Message | undefined) => results(message).map(({ content }) => content)
const failed = (reason: LlmError["reason"]) => new LlmError({ provider: "anthropic", reason, message: reason })

describe("tools", () => {
  it.effect("run until the review is handed in", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [
        says([text("Looking."), call("Read")]),
        says([submit()])
      ])
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Fine." }))
      assert.deepStrictEqual([result.stopped, result.turns, result.usage.calls], ["submitted", 2, 2])
      assert.deepStrictEqual(contents(requests[1]?.messages.at(-1)), ["Read ran"])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("are offered in one order, with their schemas, and notes with them", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(task(), [says([call("Read")]), says([submit()])])
      const [first, second] = requests.map(({ tools }) => tools)
      assert.deepStrictEqual(first?.map(({ name }) => name), ["Read", "Grep", "submit_review", "WriteNotes"])
      assert.strictEqual(first?.[2]?.inputSchema.type, "object")
      assert.deepStrictEqual(first, second)
    }))

  it.effect("that were not offered do not run, whatever the model calls", () =>
    Effect.gen(function*() {
      const names = ["Bash", "Write", "Agent", "read", "__proto__", "constructor"]
      const { requests } = yield* runToResult(task(), [says(names.map((name) => call(name))), says([submit()])])
      for (const [index, { content, isError }] of results(requests[1]?.messages.at(-1)).entries()) {
        assert.isTrue(isError)
        assert.strictEqual(content, `Unknown tool '${names[index]}'. Available: Read, Grep, WriteNotes`)
      }
    }))

  it.effect("of one turn run at the same time, and are answered in the order of the calls", () =>
    Effect.gen(function*() {
      const second = yield* Deferred.make<void>()
      const { requests } = yield* runToResult(
        task({
          tools: [
            tool("Slow", () => Effect.as(Deferred.await(second), "slow")),
            tool("Quick", () => Effect.as(Deferred.succeed(second, undefined), "quick"))
          ]
        }),
        [says([call("Slow"), call("Quick")]), says([submit()])]
      )
      assert.deepStrictEqual(contents(requests[1]?.messages.at(-1)), ["slow", "quick"])
    }))

  it.effect("that fail or break are answered with what went wrong", () =>
    Effect.gen(function*() {
      const tools = [
        tool("Missing", () => new ToolError({ message: "File not found: a.ts" })),
        tool("Broken", () => Effect.die(new Error("boom")))
      ]
      const { requests } = yield* runToResult(task({ tools }), [
        says([call("Missing"), call("Broken")]),
        says([submit()])
      ])
      assert.deepStrictEqual(
        results(requests[1]?.messages.at(-1)).map(({ content, isError }) => [content, isError]),
        [["File not found: a.ts", true], ["Unexpected error executing Broken: boom", true]]
      )
    }))

  it.effect("give away no secrets, not even in their errors", () =>
    Effect.gen(function*() {
      const secrets = [
        `sk-ant-api03-${"a".repeat(90)}`,
        `github_pat_${"A1".repeat(41)}`,
        `ghp_${"a1B2".repeat(9)}`,
        "AKIAIOSFODNN7EXAMPLE"
      ]
      const { requests } = yield* runToResult(
        task({
          tools: [
            tool("Read", () => Effect.succeed(secrets.join("\n"))),
            tool("Grep", () => new ToolError({ message: secrets.join(" ") }))
          ]
        }),
        [says([call("Read"), call("Grep")]), says([submit()])]
      )
      const seen = JSON.stringify(requests[1]?.messages)
      for (const secret of secrets) assert.notInclude(seen, secret)
    }))
})

describe("the submission", () => {
  it.effect("may be repaired twice; then what is usable of it has to do", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [says([submit({ text: "bugs" })])])
      assert.deepStrictEqual(result.answer, Option.some({ summary: "salvaged: bugs" }))
      assert.strictEqual(requests.length, 3)
      const [refusal] = results(requests[1]?.messages.at(-1))
      assert.isTrue(refusal?.isError)
      assert.match(refusal?.content ?? "", /Not accepted: [^]*summary/)
    }))

  it.effect("that was repaired is taken", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task(), [says([submit({})]), says([submit({ summary: "Better." })])])
      assert.deepStrictEqual(result.answer, Option.some({ summary: "Better." }))
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("that cannot be used at all ends the task without an answer", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [says([submit({})])])
      assert.deepStrictEqual([result.answer, result.stopped, requests.length], [Option.none(), "turns", 3])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("that is wrong on the last turn is used as far as it goes, without another call", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(turns(1)), [says([submit({ text: "bugs" })])])
      assert.deepStrictEqual([result.answer, requests.length], [Option.some({ summary: "salvaged: bugs" }), 1])
    }))

  it.effect("that was refused and never came again is still used as far as it goes", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task(), [says([submit({ text: "bugs" })]), says([text("Never mind.")])])
      assert.deepStrictEqual([result.answer, result.stopped], [Option.some({ summary: "salvaged: bugs" }), "submitted"])
    }))

  it.effect("leaves no other call of its turn unanswered, and runs none of them", () =>
    Effect.gen(function*() {
      let ran = 0
      const Read = tool("Read", () => Effect.sync(() => `${++ran}`))
      const { result } = yield* runToResult(task({ tools: [Read] }), [
        says([call("Read"), submit(), call("Read"), submit({ summary: "Second." })])
      ])
      assert.deepStrictEqual([result.answer, ran], [Option.some({ summary: "Fine." }), 0])
      assert.strictEqual(results(result.conversation.messages.at(-1)).length, 4)
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("that is wrong lets the other calls of its turn run", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(task(), [
        says([call("Read"), submit({}), submit(), call("Grep")]),
        says([submit()])
      ])
      const answers = contents(requests[1]?.messages.at(-1))
      assert.deepStrictEqual([answers[0], answers[3]], ["Read ran", "Grep ran"])
      assert.match(answers[2] ?? "", /only the first/)
    }))
})

describe("the turns", () => {
  it.effect("are counted for the model after its tools, where they are limited", () =>
    Effect.gen(function*() {
      const replies = [says([call("Read")]), says([call("Read")]), says([submit()])]
      const { requests } = yield* runToResult(task(turns(4)), [...replies])
      assert.deepStrictEqual(requests.map(({ messages }) => textOf(messages.at(-1)).split("\n").at(-1)), [
        "The diff.",
        "Turn 2 of 4.",
        "Turn 3 of 4."
      ])
      const unlimited = yield* runToResult(task(turns(0)), [...replies])
      assert.notInclude(JSON.stringify(unlimited.requests), "Turn ")
    }))

  it.effect("end with a demand to submit, on the same tools, and with a call required", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(task(turns(2)), [says([call("Read")]), says([submit()])])
      assert.deepStrictEqual(requests.map(({ toolChoice }) => toolChoice), ["auto", "required"])
      assert.match(textOf(requests[1]?.messages.at(-1)), /last turn.*submit_review/)
      assert.notMatch(textOf(requests[0]?.messages.at(-1)), /last turn/)
      assert.deepStrictEqual(requests[1]?.tools, requests[0]?.tools)
      assert.deepStrictEqual(requests[1]?.messages.slice(0, 1), requests[0]?.messages)
    }))

  it.effect("may be a single one, which is the last", () =>
    Effect.gen(function*() {
      const { requests } = yield* runToResult(task(turns(1)), [says([submit()])])
      assert.strictEqual(requests[0]?.toolChoice, "required")
      assert.match(textOf(requests[0]?.messages.at(-1)), /^The diff\.[^]*last turn/)
    }))

  it.effect("are followed by one call with the submission only, whose cost and messages are kept", () =>
    Effect.gen(function*() {
      const replies = [says([call("WriteNotes", { content: "a.ts:3 leaks" })]), says([call("Read")]), says([submit()])]
      const { requests, result } = yield* runToResult(task(turns(2)), replies)
      assert.deepStrictEqual(requests[2]?.tools.map(({ name }) => name), ["submit_review"])
      assert.strictEqual(requests[2]?.toolChoice, "required")
      const words = textOf(requests[2]?.messages.at(-1))
      assert.match(words, /turns are used up[^]*a\.ts:3 leaks/)
      assert.deepStrictEqual([result.stopped, result.turns, result.usage.calls], ["submitted", 2, 3])
      assert.closeTo(result.usage.costUsd ?? 0, 3 * (0.003 + 0.0015), 1e-9)
      assert.include(JSON.stringify(result.conversation.messages), "Read ran")
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("are not followed by a call where the task ends with them, and its tools are answered", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task({ ...turns(1), endsWithTurns: true }), [
        says([call("Read")])
      ])
      assert.deepStrictEqual([requests.length, result.stopped, result.turns], [1, "turns", 1])
      assert.isTrue(Option.isNone(result.answer))
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("end an endless loop of the same call", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(turns(4)), [() => says([call("Read", { path: "a" })])])
      assert.deepStrictEqual([requests.length, result.turns, result.stopped], [5, 4, "turns"])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("end even where they are not limited", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(turns(0)), [() => says([call("Read")])])
      assert.deepStrictEqual([requests.length, result.turns, result.stopped], [201, 200, "turns"])
    }))
})

describe("an answer without a call", () => {
  it.effect("is nudged once, and is kept when it comes again", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [says([text("Looks good.")]), says([text("As I said.")])])
      assert.match(textOf(requests[1]?.messages.at(-1)), /submit_review/)
      assert.deepStrictEqual([result.stopped, result.text, requests.length], ["prose", "As I said.", 2])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("may be followed by the submission", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task(), [says([text("Looks good.")]), says([submit()])])
      assert.strictEqual(result.stopped, "submitted")
    }))

  it.effect("may be empty", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task(), [says([])])
      assert.deepStrictEqual([result.stopped, result.text, result.answer], ["prose", "", Option.none()])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("on the last turn gets the fallback", () =>
    Effect.gen(function*() {
      const { result } = yield* runToResult(task(turns(1)), [says([text("Looks good.")]), says([submit()])])
      assert.deepStrictEqual([result.stopped, result.usage.calls], ["submitted", 2])
      const again = yield* runToResult(task(turns(2)), [says([text("Good.")]), says([text("Good.")]), says([submit()])])
      assert.deepStrictEqual([again.result.stopped, again.result.usage.calls], ["submitted", 3])
    }))

  it.effect("that was cut off is never taken for the end", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [
        says([text("The review: ")], { stop: "length" }),
        says([text("The rev")], { stop: "length" }),
        says([submit()])
      ])
      assert.match(textOf(requests[2]?.messages.at(-1)), /cut off/)
      assert.deepStrictEqual([result.stopped, result.turns], ["submitted", 3])
    }))

  it.effect("that is a refusal is an error, and no review", () =>
    Effect.gen(function*() {
      const { exit, requests } = yield* run(task(), [says([text("I cannot help.")], { stop: "refusal" })])
      const error = yield* Effect.flip(exit)
      assert.deepStrictEqual([error.reason, error.retryable, requests.length], ["refused", false, 1])
    }))
})

describe("errors", () => {
  for (const reason of ["overloaded", "unauthorized", "unavailable", "context-too-long"] as const) {
    it.effect(`${reason} is the caller's, and costs no further call`, () =>
      Effect.gen(function*() {
        const { exit, requests } = yield* run(task(), [failed(reason)])
        assert.deepStrictEqual([(yield* Effect.flip(exit)).reason, requests.length], [reason, 1])
      }))
  }

  it.effect("a provider that is not the configured one is named", () =>
    Effect.gen(function*() {
      const settings = { provider: "openai", model: "gpt-4.1", maxTurns: 8 } as const
      const { exit } = yield* run(task({ settings }), [says([submit()])])
      assert.match((yield* Effect.flip(exit)).message, /no model provider "openai"\. It has: anthropic/)
    }))
})

describe("earlier reviews", () => {
  it.effect("are continued, and what is kept of this one can be continued again", () =>
    Effect.gen(function*() {
      const first = yield* runToResult(task(), [says([call("Read")]), says([submit(), call("Read")])])
      const history = first.result.conversation
      const before = JSON.stringify(history)
      const second = yield* runToResult(task({ history, prompt: "The next diff." }), [says([submit()])])
      assert.deepStrictEqual(violations(second.result.conversation.messages), [])
      assert.match(textOf(second.requests[0]?.messages.at(-1)), /The next diff\./)
      assert.strictEqual(JSON.stringify(history), before)
    }))

  it.effect("with an open call are closed first", () =>
    Effect.gen(function*() {
      const history = {
        messages: [
          { role: "user" as const, content: [text("The diff.")] },
          { role: "assistant" as const, content: [submit()] }
        ]
      }
      const { result } = yield* runToResult(task({ history }), [says([submit()])])
      assert.deepStrictEqual(violations(result.conversation.messages), [])
    }))

  it.effect("lose the provider's own blocks; those of the running task go back as they came", () =>
    Effect.gen(function*() {
      const thinking = Block.cases.Opaque.make({ provider: "anthropic", value: { type: "thinking", signature: "s" } })
      const first = yield* runToResult(task(), [says([thinking, call("Read")]), says([thinking, submit()])])
      assert.deepStrictEqual(first.requests[1]?.messages[1]?.content[0], thinking)
      assert.notInclude(JSON.stringify(first.result.conversation), "Opaque")
    }))
})

describe("a long conversation", () => {
  const long = { usage: usage({ cacheRead: 99_000 }) }
  const note = (content: string) => call("WriteNotes", { content })

  it.effect("is made shorter at 100,000 tokens; the prompt, the notes and the last turns stay", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* runToResult(task(), [
        says([note("a.ts:3 leaks")]),
        says([call("Read")]),
        says([call("Grep")], long),
        says([submit()])
      ])
      assert.deepStrictEqual(requests.map(({ messages }) => messages.length), [1, 3, 5, 5])
      assert.match(textOf(requests[3]?.messages[0]), /^The diff\.[^]*\[context compacted\][^]*a\.ts:3 leaks/)
      assert.deepStrictEqual(contents(requests[3]?.messages.at(-1)), ["Grep ran"])
      assert.strictEqual(result.stopped, "submitted")
    }))

  it.effect("stays as it is below that, or when nothing was written down", () =>
    Effect.gen(function*() {
      const below = { usage: usage({ cacheRead: 98_000 }) }
      for (const [first, size] of [[call("Read"), long], [note("a.ts:3 leaks"), below]] as const) {
        const { requests } = yield* runToResult(task(), [
          says([first]),
          says([call("Read")]),
          says([call("Grep")], size),
          says([submit()])
        ])
        assert.strictEqual(requests[3]?.messages.length, 7)
      }
    }))

  it.effect("that the model refuses as too long is cut down once, and then its error is the caller's", () =>
    Effect.gen(function*() {
      const read = tool("Read", () => Effect.succeed("x".repeat(50_000)))
      const replies = [says([call("Read")]), failed("context-too-long"), says([submit()])]
      const { requests, result } = yield* runToResult(task({ tools: [read] }), replies)
      assert.isBelow(JSON.stringify(requests[2]?.messages).length, 6_000)
      assert.strictEqual(result.stopped, "submitted")
      const hopeless = yield* run(task({ tools: [read] }), [says([call("Read")]), failed("context-too-long")])
      assert.deepStrictEqual([(yield* Effect.flip(hopeless.exit)).reason, hopeless.requests.length], [
        "context-too-long",
        3
      ])
    }))

  it.effect("drops earlier reviews first when the prompt does not fit beside them", () =>
    Effect.gen(function*() {
      const earlier = yield* runToResult(task({ prompt: "An old diff." }), [says([submit()])])
      const { requests } = yield* runToResult(task({ history: earlier.result.conversation }), [
        failed("context-too-long"),
        says([submit()])
      ])
      assert.deepStrictEqual(requests[1]?.messages, [{ role: "user", content: [text("The diff.")] }])
    }))

  it.effect("asks again with a shorter prompt, as often as there is one", () =>
    Effect.gen(function*() {
      const prompts = ["A shorter diff.", "A still shorter one."]
      const shorter = Effect.sync(() => Option.fromUndefinedOr(prompts.shift()))
      const tooLong = [failed("context-too-long"), failed("context-too-long"), says([submit()])]
      const { requests, result } = yield* runToResult(task({ shorter }), tooLong)
      assert.deepStrictEqual(requests.map(({ messages }) => textOf(messages.at(-1))), [
        "The diff.",
        "A shorter diff.",
        "A still shorter one."
      ])
      assert.strictEqual(result.stopped, "submitted")
      const { exit } = yield* run(task({ shorter: Effect.succeedNone }), [failed("context-too-long")])
      assert.strictEqual((yield* Effect.flip(exit)).reason, "context-too-long")
    }))
})
