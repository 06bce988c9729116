import { assert, it } from "@effect/vitest"
import * as Compaction from "@nominal-code/agent/Compaction"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Option } from "effect"
import { text } from "./ScriptedModel.ts"
import { textOf, violations } from "./Transcript.ts"

const thinking = Block.cases.Opaque.make({ provider: "anthropic", value: {} })
const round = (id: string, content = "result"): ReadonlyArray<Message> => [
  { role: "assistant", content: [thinking, Block.cases.ToolUse.make({ id, name: "Read", input: {} })] },
  { role: "user", content: [Block.cases.ToolResult.make({ toolUseId: id, content, isError: false })] }
]
const prompt: Message = { role: "user", content: [text("The diff.")] }
const of = (messages: ReadonlyArray<Message>, notes = "a.ts:3 leaks", promptAt = 0): Compaction.CompactionInput => ({
  messages,
  promptAt,
  prompt: "The diff.",
  notes
})

it("keeps the prompt, the notes and the last two rounds, in order", () => {
  const compacted = Option.getOrThrow(
    Compaction.compact(of([prompt, ...round("1"), ...round("2"), ...round("3"), ...round("4")]))
  )
  assert.strictEqual(compacted.length, 5)
  assert.match(textOf(compacted[0]), /^The diff\.\n\[context compacted\][^]*a\.ts:3 leaks/)
  assert.deepStrictEqual(violations(compacted), [])
  assert.notInclude(JSON.stringify(compacted), "Opaque")
})

it("done again, replaces what it said before", () => {
  const first = Option.getOrThrow(Compaction.compact(of([prompt, ...round("1"), ...round("2"), ...round("3")], "old")))
  const second = Option.getOrThrow(Compaction.compact(of([...first, ...round("4")], "old\n\nnew")))
  assert.strictEqual(JSON.stringify(second).split("[context compacted]").length, 2)
  assert.deepStrictEqual(violations(second), [])
})

it("has nothing to do without notes, or when there are no older messages to drop", () => {
  assert.isTrue(Option.isNone(Compaction.compact(of([prompt, ...round("1"), ...round("2"), ...round("3")], ""))))
  assert.isTrue(Option.isNone(Compaction.compact(of([prompt, ...round("1"), ...round("2")]))))
})

it("at any price, also drops earlier reviews and the bulk of results", () => {
  const earlier: ReadonlyArray<Message> = [prompt, { role: "assistant", content: [text("Fine.")] }]
  const messages = [...earlier, prompt, ...round("1", "x".repeat(90_000))]
  const squeezed = Option.getOrThrow(Compaction.squeeze(of(messages, "", 2)))
  assert.isBelow(JSON.stringify(squeezed).length, 5_500)
  assert.deepStrictEqual(violations(squeezed), [])
  assert.strictEqual(squeezed.length, 3)
})

it("at any price, cannot drop the task itself", () => {
  assert.isTrue(Option.isNone(Compaction.squeeze(of([prompt]))))
  assert.isTrue(Option.isNone(Compaction.squeeze(of([prompt, ...round("1")]))))
})
