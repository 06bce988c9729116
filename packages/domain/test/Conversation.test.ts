import { assert, it } from "@effect/vitest"
import {
  answerOpenCalls,
  appendUserText,
  Block,
  type Message,
  sizeOf,
  truncate
} from "@nominal-code/domain/model/Conversation"
import { Arbitrary, Schema } from "effect"

const text = (text: string) => Block.cases.Text.make({ text })
const call = (id: string, input: Schema.Json = {}) => Block.cases.ToolUse.make({ id, name: "Read", input })
const result = (toolUseId: string, content = "ok") =>
  Block.cases.ToolResult.make({ toolUseId, content, isError: false })
const user = (...content: ReadonlyArray<Block>): Message => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })

/** A review: what was asked, some rounds of tool calls, an answer or a call that is left open. */
const Review = Schema.Struct({
  prompt: Schema.NonEmptyString,
  rounds: Schema.Array(Schema.Struct({ calls: Schema.Literals([1, 2, 3]), content: Schema.String })),
  open: Schema.Boolean
})

const historyOf = (reviews: ReadonlyArray<typeof Review.Type>): ReadonlyArray<Message> => {
  let messages: ReadonlyArray<Message> = []
  reviews.forEach(({ open, prompt, rounds }, review) => {
    messages = appendUserText(messages, prompt)
    rounds.forEach(({ calls, content }, round) => {
      const ids = Array.from({ length: calls }, (_, index) => `${review}.${round}.${index}`)
      messages = [
        ...messages,
        assistant(text("let me see"), ...ids.map((id) => call(id, { content }))),
        user(...ids.map((id) => result(id, content)))
      ]
    })
    messages = answerOpenCalls([...messages, open ? assistant(call(`${review}.submit`)) : assistant(text("done"))])
  })
  return messages
}

const histories = Arbitrary.array(Arbitrary.schema(Review), { maxLength: 6 }).pipe(Arbitrary.map(historyOf))
const budgets = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1500 })))

/** Rules that every provider has for a history. */
const assertValid = (messages: ReadonlyArray<Message>) => {
  messages.forEach(({ content, role }, index) => {
    assert.strictEqual(role, index % 2 === 0 ? "user" : "assistant")
    const asked = messages[index - 1]?.content.filter(Block.guards.ToolUse).map(({ id }) => id) ?? []
    const answered = content.filter(Block.guards.ToolResult).map(({ toolUseId }) => toolUseId)
    assert.deepStrictEqual(answered, asked)
    assert.deepStrictEqual(content.slice(0, answered.length).map(({ _tag }) => _tag), answered.map(() => "ToolResult"))
  })
  assert.isEmpty(messages.at(-1)?.content.filter(Block.guards.ToolUse) ?? [])
}

it.prop("what was said, asked and answered makes a valid history", [histories], ([messages]) => assertValid(messages))

it.prop(
  "a truncated history is valid, a newest part, and within the budget where it can be",
  [histories, budgets],
  ([messages, budget]) => {
    const kept = truncate(messages, budget)
    assertValid(kept)
    assert.deepStrictEqual(kept.slice(1), messages.slice(messages.length - kept.length + 1))
    assert.deepStrictEqual(kept.at(-1), kept.length === 1 ? kept[0] : messages.at(-1))
    const exchanges = kept.filter(({ content, role }) => role === "user" && content.some(Block.guards.Text))
    if (kept.reduce((size, message) => size + sizeOf(message), 0) > budget) assert.isAtMost(exchanges.length, 1)
  }
)

it.prop("a history within its budget is left as it is", [histories], ([messages]) => {
  assert.deepStrictEqual(truncate(messages, Number.MAX_SAFE_INTEGER), messages)
})

it("drops the oldest exchange with all its tool calls and results", () => {
  const old = [user(text("old")), assistant(call("1")), user(result("1", "x".repeat(100))), assistant(text("done"))]
  const fresh = [user(text("new")), assistant(text("done"))]
  assert.deepStrictEqual(truncate([...old, ...fresh], 50), fresh)
  assert.deepStrictEqual(truncate([...old, ...fresh], 500), [...old, ...fresh])
})

it("counts tool calls and results in full", () => {
  const large = "x".repeat(4_000_000)
  const old = [user(text("old")), assistant(call("1", { large })), user(result("1", large)), assistant(text("done"))]
  assert.isAbove(sizeOf(old[1] ?? user()), 4_000_000)
  assert.isAbove(sizeOf(old[2] ?? user()), 4_000_000)
  assert.deepStrictEqual(truncate([...old, user(text("new"))], 500_000), [user(text("new"))])
})

it("keeps the newest exchange whole, even when it is too large by itself", () => {
  const exchange = [user(text("new")), assistant(call("1")), user(result("1", "x".repeat(100)))]
  assert.deepStrictEqual(truncate([user(text("old")), assistant(text("done")), ...exchange], 10), exchange)
})

it("starts at a user's words even where they stand behind tool results", () => {
  const joined = user(result("1"), text("new"))
  assert.deepStrictEqual(
    truncate([user(text("x".repeat(100))), assistant(call("1")), joined, assistant(text("done"))], 20),
    [user(text("new")), assistant(text("done"))]
  )
})

it("makes a corrupt start valid, and nothing of a history that nobody spoke in", () => {
  assert.deepStrictEqual(truncate([user(result("1")), assistant(text("a")), user(text("b"))], 500), [user(text("b"))])
  assert.deepStrictEqual(truncate([assistant(text("a")), user(result("1"))], 500), [])
  assert.deepStrictEqual(truncate([], 0), [])
})

it("answers the calls that have no result, before whatever else was said", () => {
  const calls = assistant(text("both"), call("1"), call("2"))
  const answer = (id: string) => result(id, "Received.")
  assert.deepStrictEqual(answerOpenCalls([user(text("a")), calls]).at(-1), user(answer("1"), answer("2")))
  assert.deepStrictEqual(
    answerOpenCalls([user(text("a")), calls, user(result("1"), text("b"))]).at(-1),
    user(result("1"), answer("2"), text("b"))
  )
  assert.deepStrictEqual(
    answerOpenCalls([calls], "Posted.").at(-1),
    user(result("1", "Posted."), result("2", "Posted."))
  )
})

it("has nothing to answer in a history that ends in words, or not at all", () => {
  for (const messages of [[], [user(text("a"))], [user(text("a")), assistant(text("b"))]]) {
    assert.strictEqual(answerOpenCalls(messages), messages)
  }
})

it("leaves what it was given untouched", () => {
  const messages = Object.freeze([user(text("a")), assistant(call("1"))])
  assert.strictEqual(answerOpenCalls(messages).length, 3)
  assert.strictEqual(appendUserText(answerOpenCalls(messages), "b").length, 3)
  assert.strictEqual(messages.length, 2)
})

it("a question that came together with results begins what is kept without them: only its own words count", () => {
  const messages = [
    user(text("old")),
    assistant(call("1")),
    user(result("1", "x".repeat(100)), text("second")),
    assistant(text("done")),
    user(text("third")),
    assistant(text("done"))
  ]
  assert.deepStrictEqual(truncate(messages, 50), [user(text("second")), ...messages.slice(3)])
})
